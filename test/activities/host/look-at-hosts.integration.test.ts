import { askVersions } from "../../../activities/host/ask-versions";
import { lookAtHosts } from "../../../activities/host/look-at-hosts";
import type { VisitPlan, VisitStep } from "../../../activities/host/port";
import { createSsh } from "../../../activities/ssh/ssh";
import {
  accessTo,
  hostAt,
  sshServers,
  type SshServer,
} from "../../harness/ssh-servers";
import { visitPlan } from "./visit-samples";

const step = (name: string, script: string): VisitStep => ({
  name,
  kind: "read",
  run: ["sh", "-c", script],
  timeoutMs: 5_000,
});
const answersById = step(
  "version",
  'case $RUNBOOK_HOST in web-1) echo 1.0 ;; *) echo "$RUNBOOK_VERSION" ;; esac',
);
const { signal } = new AbortController();
const options = { freeMb: 1, atOnce: 2, limitMs: 20_000, signal };

describe.each(sshServers)("over $name", ({ start }) => {
  let server: SshServer;
  let ssh: ReturnType<typeof createSsh>;
  let plan: VisitPlan;

  beforeAll(async () => {
    server = await start();
    ssh = createSsh({ retryDelayMs: 10 });
    const alive = server.hosts.map((place, n) =>
      hostAt(place, { id: `web-${n}` }),
    );
    const dead = hostAt({ address: "127.0.0.1", port: 1 }, { id: "web-dead" });
    plan = visitPlan({
      steps: [answersById],
      preview: step("preview", 'echo "would replace $RUNBOOK_HOST"'),
      access: accessTo(server),
      hosts: [...alive, dead],
    });
  }, 180_000);
  afterAll(async () => {
    await ssh.close();
    await server.stop();
  });

  it("tells of each host what it runs and would do, and of one that is away why", async () => {
    const looks = await lookAtHosts(ssh, plan, [0, 1, 3], options);
    expect(looks).toEqual([
      {
        index: 0,
        problems: [],
        version: "2.0",
        preview: "would replace web-0",
      },
      {
        index: 1,
        problems: [],
        version: "1.0",
        preview: "would replace web-1",
      },
      {
        index: 3,
        problems: [
          {
            what: "way in",
            seen: expect.stringMatching(
              /127\.0\.0\.1:1.*\(ssh\.unreachable\)$/,
            ),
          },
        ],
      },
    ]);
  });

  it("finds a wrong key of a host and a login that is refused", async () => {
    const strange = { ...plan, access: accessTo(server, { user: "nobody-1" }) };
    const [look] = await lookAtHosts(ssh, strange, [0], options);
    expect(look?.problems).toEqual([
      { what: "way in", seen: expect.stringMatching(/nobody-1|logg?ed|auth/) },
    ]);
    const unknown = {
      ...plan,
      access: accessTo(server, { knownHosts: ["/dev/null"] }),
    };
    const [other] = await lookAtHosts(ssh, unknown, [0], options);
    expect(other?.problems[0]).toMatchObject({
      what: "way in",
      seen: expect.stringMatching(
        /shows ssh-ed25519 .*\(ssh\.hostKeyUnknown\)$/,
      ),
    });
  });

  it("does not look at hosts whose turn comes too late", async () => {
    const slow = { ...plan, steps: [step("version", "sleep 1; echo 2.0")] };
    const late = { ...options, atOnce: 1, limitMs: 300 };
    expect(await lookAtHosts(ssh, slow, [0, 1, 2], late)).toEqual([]);
  });

  it("ends at once when it is told to", async () => {
    const stop = new AbortController();
    const slow = { ...plan, steps: [step("version", "sleep 5; echo 2.0")] };
    const looking = lookAtHosts(ssh, slow, [0], {
      ...options,
      signal: stop.signal,
    });
    setTimeout(() => stop.abort(new Error("enough")), 100);
    await expect(looking).rejects.toThrow("enough");
  });

  it("asks for versions, and tells who runs another one and who does not answer", async () => {
    const asked = await askVersions(ssh, plan, [0, 1, 2, 3], {
      atOnce: 2,
      signal,
    });
    expect(asked).toEqual({
      differ: [
        [1, "1.0"],
        [3, null],
      ],
    });
  });

  it("calls any answer right where no version is pinned", async () => {
    const restart = {
      ...plan,
      version: undefined,
      steps: [step("version", "echo 7")],
    };
    expect(await askVersions(ssh, restart, [0, 3], { signal })).toEqual({
      differ: [[3, null]],
    });
  });
});
