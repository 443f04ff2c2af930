import type { KnownChain, Standing } from "../../../activities/sweep/chains";
import {
  drainOf,
  endedBefore,
  type HostSeen,
  leftoversOn,
  runsOn,
} from "../../../activities/sweep/leftovers";
import type {
  JobTrace,
  TraceOfRun,
  Traces,
} from "../../../activities/sweep/look-script";

const trace = (rootRunId: string, since = 1): Required<TraceOfRun> => ({
  ...{ rootRunId, since, workflowId: `w-${rootRunId}` },
});
const job = (
  id: string,
  rest: Partial<JobTrace> & { readonly step: string },
): JobTrace => ({
  ...{ id, key: `x/h/${rest.step}/1`, rootRunId: "x", generation: 1 },
  ...rest,
});
const nothing: Traces = { runs: [], drained: [], jobs: [] };

function leftovers(
  traces: Partial<Traces>,
  standings: Readonly<Record<string, Standing>>,
  rest: Partial<HostSeen> = {},
): string[] {
  const chains = new Map(
    Object.entries(standings).map(([rootRunId, standing]) => [
      rootRunId,
      {
        whose: { ...trace(rootRunId), end: "terminated" },
        standing,
      } satisfies KnownChain,
    ]),
  );
  const seen = {
    ...{ where: "prod/web/h", traces: { ...nothing, ...traces }, chains },
    ...{ running: new Set<string>(), out: undefined, stopJobs: false },
    ...rest,
  };
  return leftoversOn(seen).map(({ kind, todo }) => `${todo} ${kind}`);
}

const running = { running: new Set(["j"]) };
const works = [job("j", { step: "apply", beganAt: 5 })];

describe("a claim", () => {
  const owner = trace("x");
  it("is freed when its chain is over, and only then", () => {
    expect(leftovers({ owner }, { x: "over" })).toEqual(["free claim"]);
    expect(leftovers({ owner }, { x: "open" })).toEqual([]);
    expect(leftovers({ owner }, { x: "ending" })).toEqual(["wait claim"]);
    expect(leftovers({ owner }, { x: "foreign" })).toEqual(["person claim"]);
    expect(leftovers({ owner }, {})).toEqual(["person claim"]);
  });

  it("stays while a job of its chain runs, unless that is stopped", () => {
    const traces = { owner, jobs: works };
    expect(leftovers(traces, { x: "over" }, running)).toEqual([
      ...["wait job", "wait claim"],
    ]);
    const told = { ...running, stopJobs: true };
    expect(leftovers(traces, { x: "over" }, told)).toEqual([
      ...["free job", "free claim"],
    ]);
  });

  it("says which step of it died", () => {
    const chains = new Map<string, KnownChain>([
      ["x", { whose: { ...trace("x"), end: "failed" }, standing: "over" }],
    ]);
    const [claim] = leftoversOn({
      ...{ where: "h", traces: { ...nothing, owner, jobs: works }, chains },
      ...{ running: new Set(), out: undefined, stopJobs: false },
    });
    expect(claim?.note).toContain("apply left no exit code");
  });
});

describe("a job that runs", () => {
  it("is no leftover of an open chain, and nobody's to stop when nothing tells whose it is", () => {
    const told = { ...running, stopJobs: true };
    expect(leftovers({ jobs: works }, { x: "open" }, told)).toEqual([]);
    expect(leftovers({ jobs: works }, {}, told)).toEqual(["person job"]);
    expect(leftovers({ jobs: works }, { x: "ending" }, told)).toEqual([
      "wait job",
    ]);
  });
});

describe("a drained host", () => {
  const out = trace("x", 10);
  it("is put back for a chain that is over", () => {
    expect(leftovers({ drained: [out] }, { x: "over" }, { out })).toEqual([
      "free drained",
    ]);
    expect(leftovers({ drained: [out] }, { x: "open" }, { out })).toEqual([]);
  });

  it("is left to an open run that has it, or was there since", () => {
    const both = { x: "over", r: "open" } as const;
    expect(
      leftovers({ drained: [out], owner: trace("r") }, both, { out }),
    ).toEqual([]);
    const since = { drained: [out], runs: [trace("r", 11)] };
    expect(leftovers(since, both, { out })).toEqual([]);
    const before = { drained: [out], runs: [trace("r", 9)] };
    expect(leftovers(before, both, { out })).toEqual(["free drained"]);
  });

  it("is left alone while it is not known whose the host is", () => {
    const traces = { drained: [out], owner: trace("r") };
    const told = { x: "over", r: "foreign" } as const;
    expect(leftovers(traces, told, { out })).toEqual([
      ...["person claim", "wait drained"],
    ]);
  });

  it("is known by its last drain, whose ever the undrain behind it was", () => {
    const drain = job("d", { step: "drain", beganAt: 5 });
    const back = (endedAt: number, exitCode = 0) =>
      job("u", { step: "undrain", endedAt, exitCode, rootRunId: "y" });
    const isOut = (...jobs: readonly JobTrace[]) =>
      drainOf({ ...nothing, jobs }) !== undefined;
    expect(isOut(drain)).toBe(true);
    expect(isOut(drain, back(4))).toBe(true);
    expect(isOut(drain, back(6, 1))).toBe(true);
    expect(isOut(drain, back(6))).toBe(false);
  });
});

describe("runs on a host", () => {
  it("are known by the last thing they did there, and by whatever names them", () => {
    const jobs = [job("j", { step: "apply", beganAt: 5, endedAt: 9 })];
    const traces = { ...nothing, runs: [trace("x", 3)], jobs };
    expect(runsOn(traces)).toEqual([{ ...trace("x"), since: 9 }]);
  });
});

describe("folders of jobs", () => {
  it("count once their jobs and their chains are over", () => {
    const jobs = [
      job("a", { step: "apply", endedAt: 5 }),
      job("b", { step: "ready", endedAt: 50 }),
      job("c", { step: "fetch" }),
      job("d", { step: "fetch", endedAt: 5, rootRunId: "r" }),
    ];
    const whose = { ...trace("x"), end: "completed" } as const;
    const chains = new Map<string, KnownChain>([
      ["x", { whose, standing: "over" }],
      ["r", { whose: { ...whose, end: "open" }, standing: "open" }],
    ]);
    const traces = { ...nothing, jobs };
    const ids = (before: number) =>
      endedBefore({ traces, chains }, before).map(({ id }) => id);
    expect(ids(Infinity)).toEqual(["a", "b"]);
    expect(ids(10)).toEqual(["a"]);
  });
});
