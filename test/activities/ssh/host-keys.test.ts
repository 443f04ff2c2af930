import {
  chmod,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appendKnownHost, hashedName } from "../../../activities/ssh/host-keys";
import { matchesHosts } from "../../../activities/ssh/known-hosts";

const key =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOhFMAra0F4GN2sqpwaNC7S2Tg5lxwl4MIBxVnIuBAX9";
const other =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOhFMAra0F4GN2sqpwaNC7S2Tg5lxwl4MIBxVnIuBAX8";
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "host-keys-"));
  file = join(folder, "known_hosts");
});
afterEach(() => rm(folder, { recursive: true }));

const text = () => readFile(file, "utf8");

test("makes the file and its folder, for its owner alone", async () => {
  file = join(folder, "new", "known_hosts");
  expect(await appendKnownHost(file, `web-1 ${key}`)).toBe("added");
  expect(await text()).toBe(`web-1 ${key}\n`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("adds behind what is there, also when the last line has no end", async () => {
  await writeFile(file, `# mine\nweb-2 ${other}`);
  await appendKnownHost(file, `web-1 ${key}`);
  expect(await text()).toBe(`# mine\nweb-2 ${other}\nweb-1 ${key}\n`);
});

test("closes a file that others could read, and leaves no draft", async () => {
  await writeFile(file, "");
  await chmod(file, 0o644);
  await appendKnownHost(file, `web-1 ${key}`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["known_hosts"]);
});

test("writes through a link", async () => {
  const real = join(folder, "dotfiles");
  await writeFile(real, "");
  await symlink(real, file);
  await appendKnownHost(file, `web-1 ${key}`);
  expect(await readlink(file)).toBe(real);
  expect(await readFile(real, "utf8")).toBe(`web-1 ${key}\n`);
});

test("writes nothing when the key is listed already", async () => {
  await writeFile(file, `web-* ${key}\n`);
  expect(await appendKnownHost(file, `web-1 ${key}`)).toBe("already known");
  expect(await text()).toBe(`web-* ${key}\n`);
});

test("refuses a changed key and leaves the file alone", async () => {
  await writeFile(file, `web-1 ${other}\n`);
  await expect(appendKnownHost(file, `web-1 ${key}`)).rejects.toMatchObject({
    type: "ssh.hostKeyChanged",
    hint: expect.stringContaining("runbook trust web-1") as string,
  });
  expect(await text()).toBe(`web-1 ${other}\n`);
});

test("replaces a changed key when told to, and only for this host", async () => {
  const hashed = hashedName("web-1");
  await writeFile(
    file,
    `# mine\nweb-1 ${other}\ndb,web-1 ${other}\n${hashed} ${other}\nweb-* ${other}\nWEB-1 ${other}\n`,
  );
  const done = await appendKnownHost(file, `web-1 ${key}`, { replace: true });
  expect(done).toBe("replaced");
  expect(await text()).toBe(
    `# mine\ndb ${other}\nweb-*,!web-1 ${other}\nweb-1 ${key}\n`,
  );
});

test("keeps what a file says of other ports of the same address", async () => {
  await writeFile(file, `[a]:2222 ${other}\n[a]:2223 ${other}\n`);
  await appendKnownHost(file, `[a]:2222 ${key}`, { replace: true });
  expect(await text()).toBe(`[a]:2223 ${other}\n[a]:2222 ${key}\n`);
});

test("never adds a revoked key, even when told to replace", async () => {
  await writeFile(file, `@revoked * ${key}\n`);
  await expect(
    appendKnownHost(file, `web-1 ${key}`, { replace: true }),
  ).rejects.toMatchObject({ type: "ssh.hostKeyRevoked" });
});

test("hides the name when asked to", async () => {
  await appendKnownHost(file, `[web-1]:2222 ${key}`, { hashed: true });
  const [hosts = ""] = (await text()).split(" ");
  expect(hosts).toMatch(/^\|1\|/);
  expect(matchesHosts(hosts, "[web-1]:2222")).toBe(true);
});
