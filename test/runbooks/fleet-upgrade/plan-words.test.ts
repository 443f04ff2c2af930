import { hostContractSchema } from "../../../activities/host/port";
import { planFleetUpgrade } from "../../../runbooks/fleet-upgrade/plan";
import {
  budgetInWords,
  type PlanKnowledge,
  planSummary,
  planText,
} from "../../../runbooks/fleet-upgrade/plan-words";
import { cellsOf, contract, facts, host, hostsOf, settings } from "./samples";

type Input = Parameters<typeof settings>[0];
type Facts = Parameters<typeof facts>[0];

const ref = { sha256: "a".repeat(64) };
const planOf = (input: Input = {}, over: Facts = {}) =>
  planFleetUpgrade(settings(input), facts(over));
const textOf = (input: Input = {}, over: Facts = {}, known?: PlanKnowledge) =>
  planText(planOf(input, over), ref, known);
const fleet800 = { hosts: hostsOf({ web: 600, db: 150, cache: 50 }) };
const sizeOf = (text: string): number => Buffer.byteLength(text);
const lineOf = (text: string, begin: string): string =>
  text.split("\n").find((line) => line.startsWith(begin)) ?? "";

describe("the text of a plan", () => {
  it("says what, where, in which order, how far, and by which commands", () => {
    const text = textOf();
    expect(text).toContain("**Plan:** app to 2.4.1 on 6 hosts of prod (CHG-1)");
    expect(text).toContain(ref.sha256);
    expect(text).toContain("- Pools: web 4, db 2");
    expect(text).toMatch(
      /- Canaries, one per pool: web-\d, db-\d; then a person is asked/,
    );
    expect(text).toMatch(/- The rest: 4 hosts, up to number 6: web-\d, db-\d/);
    expect(text).toContain("| apply | `app apply 2.4.1` | 15 min |");
  });

  it("shows each stage with its soak and its question", () => {
    const stages = [
      { upTo: "5%", soakS: 600 },
      { upTo: "25%", gate: true },
    ];
    const text = textOf({ stages, canary: { gate: false } }, fleet800);
    expect(lineOf(text, "- Canaries")).toMatch(/; nobody is asked after that$/);
    expect(lineOf(text, "- Stage 2: 37 hosts, up to number 40: ")).toMatch(
      / and 32 more; a soak of 10 min; nobody is asked after that$/,
    );
    expect(lineOf(text, "- Stage 3: 160 hosts, up to number 200: ")).toMatch(
      /; then a person is asked$/,
    );
    expect(lineOf(text, "- The rest: 600 hosts")).toMatch(/ and 595 more$/);
  });

  it("shows limits and deadlines", () => {
    const text = textOf({
      slots: 50,
      limits: { pool: "25%", jump: 8 },
      deadlines: { hostS: 1_800 },
    });
    expect(text).toContain(
      "- Limits: 50 at once, 25% of a pool, 8 of a jump host, slow start 1, 2, 4 ..., 30 min a host, asks after 60 min without a success".replace(
        "60 min",
        "1 h",
      ),
    );
  });

  it("tells the expected time, and where it is known from", () => {
    const input = { slots: 50, slowStart: false };
    const time = { hostMs: 45_000, measuredBy: "fleet-upgrade:prod:CHG-0" };
    expect(lineOf(textOf(input, fleet800, { time }), "- Time:")).toBe(
      "- Time: about 13 min (800 hosts, 45 s each, 50 at once; measured by run fleet-upgrade:prod:CHG-0), and the wait for an answer",
    );
    expect(
      lineOf(textOf(input, fleet800, { time: { hostMs: 2_000 } }), "- Time:"),
    ).toContain("2 s each, 50 at once; as given)");
    expect(lineOf(textOf(input, fleet800), "- Time:")).toBe(
      "- Time: unknown: nothing measured yet; give estimateHostS",
    );
  });

  it("says what way back there is", () => {
    const undo = { run: ["app", "back"] };
    const own = hostContractSchema.parse({
      ...contract,
      steps: { ...contract.steps, undo },
    });
    expect(textOf({}, { contract: own })).toContain(
      "- Way back: drain, undo, restart, ready, version, undrain, over the hosts that were touched",
    );
    expect(textOf()).toContain("- Way back: none, for the component has no");
    expect(textOf({ action: "restart", version: undefined })).toContain(
      "- Way back: none, for a restart cannot be taken back",
    );
  });

  it("shows what was found on the hosts, like things together, in the hosts' own words", () => {
    const group = {
      count: 12,
      hosts: hostsOf({ web: 10 }).map(({ id }) => id),
    };
    const text = textOf({}, fleet800, {
      findings: {
        looked: 20,
        of: 800,
        elsewhere: 3,
        fine: 8,
        versions: [{ ...group, text: "2.4.0" }],
        problems: [{ ...group, what: "disk", text: "less than 100 MB free" }],
        previews: [{ ...group, text: "replace 2.4.0\nrestart | 4 workers" }],
      },
    });
    expect(text).toContain(
      "- Checks: looked at 20 of 800 hosts, 8 of them fine; 3 hosts of a site can be reached from there only",
    );
    expect(text).toContain("- Runs now: 2.4.0 on 12 hosts");
    expect(text).toContain(
      "- **disk** on 12 hosts (web-0, web-1, web-2, web-3 and 8 more): less than 100 MB free",
    );
    expect(text).toMatch(
      /- In the words of 12 hosts \(.*\):\n {2}- `replace 2\.4\.0`\n {2}- `restart \\\| 4 workers`/,
    );
    expect(textOf()).toContain("- Checks: none were made");
  });

  it("keeps what a command contains out of the table's grammar", () => {
    const own = hostContractSchema.parse({
      ...contract,
      steps: { ...contract.steps, apply: { script: "a | `b` \\| c\nsecond" } },
    });
    const row = lineOf(textOf({}, { contract: own }), "| apply");
    expect(cellsOf(row)).toHaveLength(3);
    expect(row).not.toContain("second");
  });

  it("fits into 3 KB, whatever the fleet, the commands and the findings are", () => {
    const long = "x".repeat(110);
    const hosts = Array.from({ length: 400 }, (_, n) =>
      host(`${long}-${n}`, `${long}-${n % 90}`),
    );
    const word = "w".repeat(3_000);
    const own = hostContractSchema.parse({
      ...contract,
      extra: Array.from({ length: 20 }, (_, n) => ({
        name: `own-${n}`,
        after: "apply",
        run: [word],
      })),
    });
    const group = { text: `${word}\n${word}`, count: 300, hosts: [long, long] };
    const findings = {
      ...{ looked: 400, of: 400, elsewhere: 0, fine: 0 },
      versions: Array.from({ length: 40 }, () => group),
      problems: Array.from({ length: 40 }, () => ({
        ...group,
        what: "tools" as const,
      })),
      previews: Array.from({ length: 40 }, () => group),
    };
    const text = textOf({}, { hosts, contract: own }, { findings });
    expect(sizeOf(text)).toBeLessThanOrEqual(3_000);
    expect(text).toContain(ref.sha256);
    expect(text).toContain("- Budget: ");
    expect(text).toMatch(/\.\.\.$/);
  });

  it("shortens lists before it leaves a step out", () => {
    const text = textOf({}, { hosts: hostsOf({ [`${"p".repeat(90)}`]: 40 }) });
    expect(sizeOf(text)).toBeLessThanOrEqual(3_000);
    expect(text).toContain("| undrain |");
    expect(text).toMatch(/ and \d+ more/);
  });
});

describe("the budget in words", () => {
  it.each([
    [{ percent: 1 }, "holds and asks at failure number 9 (of 800 hosts)"],
    [{ failures: 0 }, "holds and asks at failure number 1 (of 800 hosts)"],
    [{ percent: 100 }, "every one of the 800 hosts may fail"],
    [
      { percent: 1, pool: { failures: 2 } },
      "holds and asks at failure number 9 (of 800 hosts), in one pool at number 3",
    ],
    [
      { percent: 1, pool: { percent: 2 } },
      "holds and asks at failure number 9 (of 800 hosts), in one pool at number 2 to 13, by its size",
    ],
    [
      { percent: 1, pool: { percent: 100 } },
      "holds and asks at failure number 9 (of 800 hosts), whatever fails in one pool",
    ],
  ])("of %j", (budget, words) => {
    expect(budgetInWords(planOf({ budget }, fleet800))).toBe(words);
  });
});

test("the summary counts one host as one", () => {
  expect(planSummary(planOf({}, { hosts: hostsOf({ web: 1 }) }))).toContain(
    "on 1 host of prod",
  );
});
