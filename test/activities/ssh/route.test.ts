import { userInfo } from "node:os";
import { hostSchema } from "../../../activities/inventory/port";
import { sshAccessSchema } from "../../../activities/ssh/port";
import {
  parseJump,
  routeKey,
  routeTo,
  splitRoute,
} from "../../../activities/ssh/route";

const access = sshAccessSchema.parse({ user: "ops" });
const host = hostSchema.parse({ id: "web-1", address: "10.0.0.1" });

test.each([
  ["bastion", "bastion", 22, "ops"],
  ["bastion:2222", "bastion", 2222, "ops"],
  ["jo@bastion:2222", "bastion", 2222, "jo"],
  ["jo@corp.example@bastion", "bastion", 22, "jo@corp.example"],
  ["[fd00::1]:2222", "fd00::1", 2222, "ops"],
  ["jo@[fd00::1]", "fd00::1", 22, "jo"],
  ["fd00::1", "fd00::1", 22, "ops"],
])("jump %s", (jump, address, port, user) => {
  expect(parseJump(jump, "ops")).toEqual({
    host: address,
    address,
    port,
    user,
  });
});

test("a route leads over the jump hosts, from near to far, to the host", () => {
  const far = { ...host, jump: ["a", "jo@b:2222"] };
  const route = routeTo({ host: far, access });
  expect(route.map((hop) => `${hop.user}@${hop.address}:${hop.port}`)).toEqual([
    "ops@a:22",
    "jo@b:2222",
    "ops@10.0.0.1:22",
  ]);
  expect(splitRoute(route).hop).toMatchObject({ host: "web-1" });
  expect(splitRoute(route).jumps).toHaveLength(2);
});

test("the user of the host comes before that of the access, and that before the worker's own", () => {
  const userOf = (target: Parameters<typeof routeTo>[0]) =>
    splitRoute(routeTo(target)).hop.user;
  expect(userOf({ host: { ...host, user: "db" }, access })).toBe("db");
  expect(userOf({ host, access })).toBe("ops");
  const nobody = sshAccessSchema.parse({});
  expect(userOf({ host, access: nobody })).toBe(userInfo().username);
});

test("known_hosts may list the host under its address or the name that people use", () => {
  const [hop] = routeTo({ host: { ...host, name: "web-1.example" }, access });
  expect(hop).toMatchObject({
    host: "web-1.example",
    address: "10.0.0.1",
    alias: "web-1.example",
  });
});

test("another user, port or fingerprint is another route", () => {
  const key = (changes: object) =>
    routeKey(routeTo({ host: { ...host, ...changes }, access }));
  const keys = [
    key({}),
    key({ user: "db" }),
    key({ port: 2222 }),
    key({ fingerprint: "SHA256:x" }),
    key({ jump: ["a"] }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});
