import { createApplicationGateways } from "../../../../activities/egress/application/gateway";
import type { ApplicationGateway } from "../../../../activities/egress/port";
import { createSsh } from "../../../../activities/ssh/ssh";
import { describeWhen } from "../../../harness/describe-when";
import { missingProgram } from "../../../harness/missing-program";
import { accessTo, hostAt } from "../../../harness/ssh-servers";
import { startSshd, type Sshd } from "../../../harness/sshd";
import { order } from "./software";

const sound = {
  counters: { opened: 1 },
  onOld: 0,
  onNew: 0,
  tuples: [],
  rules: "ours",
  generation: 1,
  lacks: [],
};

describeWhen(missingProgram("sshd"))("the command of such software", () => {
  const ssh = createSsh();
  const egress = createApplicationGateways({ ssh, now: () => 1_000 });
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(async () => {
    await ssh.close();
    await sshd.stop();
  });

  const commanded = (...command: string[]): ApplicationGateway => ({
    id: "app-1",
    kind: "application",
    old: ["203.0.113.10"],
    new: ["203.0.113.11"],
    ports: { from: 32_768, to: 60_999 },
    ssh: { host: hostAt(sshd), access: accessTo(sshd) },
    command,
  });
  const script = (text: string) => commanded("sh", "-c", text, "egress");
  const printing = (value: unknown) =>
    commanded("sh", "-c", 'printf "%s" "$0"', JSON.stringify(value));

  it("gets the verb as its last word and the document on its stdin", async () => {
    const echo = script(
      'read -r document; echo "$1 $document" >&2; echo "{}"; exit 3',
    );
    const error: unknown = await egress
      .steer(echo, order({ generation: 7, moved: ["198.51.100.7"] }))
      .catch((caught: unknown) => caught);
    const { seen } = error as { seen: string };
    expect(seen).toMatch(/^steer on app-1 ended with exit code 3; it said: /);
    const [, verb, document = ""] = /said: (\w+) (.*)$/.exec(seen) ?? [];
    expect(verb).toBe("steer");
    expect(JSON.parse(document)).toEqual({
      version: 1,
      verb: "steer",
      gateway: {
        id: "app-1",
        old: ["203.0.113.10"],
        new: ["203.0.113.11"],
        ports: { from: 32_768, to: 60_999 },
      },
      generation: 7,
      steering: {
        moved: ["198.51.100.7"],
        stay: [],
        share: 0,
        spread: "connection",
        usable: [],
      },
    });
  });

  it("takes an order for 100,000 destinations over its stdin", async () => {
    const moved = Array.from(
      { length: 100_000 },
      (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`,
    );
    const counting = script(
      `n=$(wc -c); [ "$n" -gt 1000000 ] && echo '{"generation": 2}'`,
    );
    await egress.steer(counting, order({ generation: 2, moved }));
  });

  it.each([
    [64, "notUnderstood", "human"],
    [75, "superseded", "stop"],
    [76, "stillUsed", "wait"],
    [126, "commandMissing", "human"],
    [1, "failed", "human"],
  ])("means by exit code %i: %s", async (code, kind, failureClass) => {
    const failing = script(`echo because >&2; exit ${code}`);
    await expect(egress.retire(failing, {})).rejects.toMatchObject({
      type: `egressApplication.${kind}`,
      failureClass,
      seen: `retire on app-1 ended with exit code ${code}; it said: because`,
    });
  });

  it("is called missing where the host has none", async () => {
    await expect(
      egress.inspect(commanded("/no/such/egress")),
    ).rejects.toMatchObject({
      type: "egressApplication.commandMissing",
      hint: expect.stringContaining("Install /no/such/egress on app-1"),
    });
  });

  it("is not believed when it says that another order stands there than the one it was given", async () => {
    await expect(
      egress.steer(printing({ generation: 3 }), order({ generation: 4 })),
    ).rejects.toMatchObject({
      type: "egressApplication.notLoaded",
      seen: expect.stringMatching(/order 3 stands there, expected order 4/),
    });
  });

  it("answers a look with what it has, and the time is the worker's", async () => {
    expect(await egress.look(printing(sound))).toEqual({
      gateway: "app-1",
      at: 1_000,
      ...sound,
      counters: { opened: 1, insertFailed: 0, drop: 0, earlyDrop: 0, found: 0 },
      ...{ entries: 0, mostEntries: 0, lacksOld: [] },
    });
  });

  it("is heard when it has lost an old address", async () => {
    const lost = { ...sound, lacksOld: ["203.0.113.10"] };
    expect(await egress.look(printing(lost))).toMatchObject(lost);
  });

  it("is heard for its 50 most used destinations, whatever their order", async () => {
    const tuples = Array.from({ length: 80 }, (_, at) => ({
      tuple: `198.51.100.${at}:443`,
      old: 0,
      new: at,
    }));
    const look = await egress.look(printing({ ...sound, tuples }));
    expect(look.tuples).toHaveLength(50);
    expect(look.tuples[0]).toMatchObject({ new: 79 });
  });

  it("is told all faults of its answer at once", async () => {
    const wrong = {
      ...sound,
      onOld: -1,
      onNew: "2",
      rules: "mine",
      tuples: [{ tuple: "example.org:443", old: 0, new: 0 }],
    };
    await expect(egress.look(printing(wrong))).rejects.toMatchObject({
      type: "egressApplication.badAnswer",
      seen: expect.stringMatching(
        /onOld: .*\n.*onNew: .*\n.*tuples\[0\]\.tuple: .*198\.51\.100\.7:443\n.*rules: /,
      ),
    });
  });

  it.each([
    ["nothing", "true", 'what is no JSON: ""'],
    ["words", "echo done", 'what is no JSON: "done"'],
    ["two objects", "echo {}; echo {}", 'what is no JSON: "{}\\n{}"'],
    ["a list", "echo []", "an answer with faults"],
    [
      "too much",
      "head -c 2000000 /dev/zero | tr '\\0' ' '; echo {}",
      "2000003 bytes",
    ],
  ])("is refused when it prints %s", async (_what, text, seen) => {
    await expect(egress.provision(script(text))).rejects.toMatchObject({
      type: "egressApplication.badAnswer",
      seen: expect.stringContaining(seen),
    });
  });

  it("is left when the one who asks goes away", async () => {
    const gone = AbortSignal.abort(new Error("the worker ends"));
    await expect(egress.look(script("sleep 60"), gone)).rejects.toThrow(
      "the worker ends",
    );
  });
});
