import {
  CancellationScope,
  condition,
  isCancellation,
  sleep,
} from "@temporalio/workflow";
import type { Parked } from "../../activities/host/port";
import type { Freeze } from "../../activities/freeze/port";
import type { Decision, Question } from "../gate/gate";
import type { Desk } from "../gate/desk";
import { decidedBy } from "../gate/words";
import { freezeInWords } from "../freeze/words";
import { waitInWords } from "../lock/wait-words";
import { admit } from "./admit";
import { allowedNow } from "./budget";
import { causesOf, groupedFailure } from "./causes";
import type { Window } from "../window/window";
import { isStalled, nextDeadlineMs, overdue } from "./clock";
import type { Fleet, FleetRow } from "./fleet";
import type { LedgerEntry } from "./ledger";
import type { Halt } from "./words";
import { pack, type PackedRollout, unpack } from "./pack";
import { keptFinishes, type Pace } from "./progress";
import { parkedInWords } from "./parked";
import { reduce, type RolloutEvent } from "./reduce";
import {
  failures,
  inFlight,
  type ItemFailure,
  type ItemResult,
  newRollout,
  quarantined,
  type RolloutSettings,
  type RolloutState,
  stageSettled,
  type VisitOrder,
} from "./state";

/** A visit under way. */
export interface Visiting {
  /** Rejects when it failed for good. */
  readonly result: Promise<ItemResult>;
  /** Stops what runs on the host, too. */
  cancel(): void;
}

export interface RolloutOptions {
  readonly fleet: Fleet;
  readonly settings: RolloutSettings;
  /** The state that the former run of the chain ended with. */
  readonly carried?: PackedRollout | undefined;
  readonly desk: Desk;
  /** Digest of the plan, to which every question binds. */
  readonly digest: string;
  readonly gateExpiresMs: number;
  /** Whether items can be taken back. */
  readonly canUndo: boolean;
  /** When items may start; absent: at any time. */
  readonly window?: Pick<Window, "standing" | "begin"> | undefined;
  /** Takes one item through its work. */
  visit(row: FleetRow, index: number, order: VisitOrder): Visiting;
  /** Turns what a visit rejected with into a failure of the item. */
  failureOf(error: unknown): ItemFailure;
  /** Looks again at what holds the rollout, if that is why a visit was not begun; nothing when it has failed. */
  lookAgain(failure: ItemFailure): Promise<void> | undefined;
  record(entry: LedgerEntry): void;
  onChange(): void;
}

const failedHostsGate = "failed-hosts";

/** The engine that moves items through slots. Decisions are made by `admit` and `reduce`; here they are carried out. */
export class Rollout {
  #state: RolloutState;
  #fleet: Fleet;
  #changes = 0;
  #finishes: number[] = [];
  readonly #visits = new Map<number, Visiting>();
  /** Why a visit was cancelled; what it then fails with. */
  readonly #cut = new Map<number, ItemFailure>();
  /** Gates whose answer this run awaits. */
  readonly #asking = new Set<string>();
  readonly #alarm = new Alarm(() => this.#changes++);

  constructor(private readonly options: RolloutOptions) {
    const { fleet, settings, carried } = options;
    this.#fleet = fleet;
    this.#state =
      carried === undefined
        ? newRollout(fleet.rows.length, settings)
        : unpack(carried);
    // In flight when the former run handed over: joined on their hosts, whatever the course is now.
    this.#state.items.forEach(({ kind }, index) => {
      if (kind === "visiting") this.#visit(index);
    });
  }

  get state(): RolloutState {
    return this.#state;
  }

  get fleet(): Fleet {
    return this.#fleet;
  }

  get pace(): Pace {
    return { finishes: this.#finishes };
  }

  packed(): PackedRollout {
    return pack(this.#state);
  }

  /** Admits the items before row `end` and resolves once each is finished or given up, or the course ended otherwise. */
  async runUntil(end: number): Promise<void> {
    this.dispatch({ kind: "stage opened", end });
    while (!stageSettled(this.#state)) {
      this.#keepWindow();
      for (const index of admit(this.#state, this.#fleet)) this.#begin(index);
      this.#keepDeadlines();
      this.#askAboutFailures();
      this.#askAboutHalt("budget", this.#overBudgetTitle());
      this.#askAboutHalt("progress", "no host has succeeded for too long");
      const seen = this.#changes;
      await condition(() => this.#changes !== seen);
    }
    this.#alarm.cancel();
    for (const gate of [failedHostsGate, "budget", "progress"])
      this.options.desk.withdraw(gate);
  }

  /** Until work may begin, by everything that holds it, or none is wanted any more. */
  async untilUnheld(): Promise<void> {
    while (!this.mayBegin() && this.#state.course === "rolling") {
      const seen = this.#changes;
      await condition(() => this.#changes !== seen);
    }
  }

  /** Whether nothing holds it at this very moment. */
  mayBegin(): boolean {
    this.#keepWindow();
    const { course, halts } = this.#state;
    return course === "rolling" && halts.length === 0;
  }

  /** Resolves once nothing is in flight any more. */
  async settled(): Promise<void> {
    await condition(() => inFlight(this.#state) === 0);
  }

  /** Items that appeared meanwhile, behind all others. */
  extend(fleet: Fleet): void {
    const by = fleet.rows.length - this.#fleet.rows.length;
    this.#fleet = fleet;
    this.dispatch({ kind: "extended", by });
  }

  /** Nothing new starts, and what runs on hosts is stopped. */
  stop(): void {
    this.dispatch({ kind: "stopped" });
    for (const index of this.#visits.keys())
      this.#cutShort(index, {
        type: "rollout.stopped",
        step: "visit",
        message:
          "stopped in the middle of its visit on request\nhint: The host is as the stopped command left it; look at it, then start a run of another change.",
        commandEnded: true,
      });
  }

  /** Something begins: a window in which nothing does is missed. */
  beginWork(): void {
    this.options.window?.begin(Date.now());
  }

  /** Something that the rollout depends on has changed outside of it. */
  lookAgain(): void {
    this.#changes++;
  }

  dispatch(event: RolloutEvent): void {
    const facts = { fleet: this.#fleet, now: Date.now() };
    const before = this.#state;
    this.#state = reduce(before, event, facts);
    if (this.#state === before) return;
    this.#changes++;
    this.options.onChange();
    this.#noteHalts(before);
  }

  #begin(index: number): void {
    this.beginWork();
    this.dispatch({ kind: "started", index });
    this.#visit(index);
  }

  #visit(index: number): void {
    const item = this.#state.items[index];
    const row = this.#fleet.rows[index];
    if (item?.kind !== "visiting" || row === undefined) return;
    const visiting = this.options.visit(row, index, item.order);
    this.#visits.set(index, visiting);
    void visiting.result.then(
      (result) => this.#finish(index, result),
      (error: unknown) => this.#fail(index, error),
    );
  }

  #finish(index: number, result: ItemResult): void {
    this.#visits.delete(index);
    this.#cut.delete(index);
    const at = Date.now();
    if (result.parked !== undefined)
      return this.#park(index, result, result.parked);
    this.#finishes = [...this.#finishes.slice(1 - keptFinishes), at];
    this.options.record({ kind: "host", row: index, at, ...result });
    this.dispatch({ kind: "finished", index, result });
  }

  #park(index: number, result: ItemResult, parked: Parked): void {
    const at = Date.now();
    const text = `${this.#id(index)}: ${parkedInWords(parked)}`;
    this.options.record({ kind: "host", row: index, at, ...result });
    this.options.record({ kind: "event", at, text });
    this.dispatch({ kind: "parked", index, at: parked });
  }

  #fail(index: number, error: unknown): void {
    this.#visits.delete(index);
    const seen = this.options.failureOf(error);
    const look = this.options.lookAgain(seen);
    if (look !== undefined) return this.#holdBack(index, seen, look);
    const failure = this.#cut.get(index) ?? seen;
    this.#cut.delete(index);
    const host = this.#id(index);
    this.options.record({ kind: "host", row: index, at: Date.now(), failure });
    this.dispatch({
      kind: "failed",
      index,
      failure: groupedFailure(failure, host),
    });
  }

  /** Not a failure. The slot is kept until the look is over, so that nobody is sent the same way meanwhile. */
  #holdBack(index: number, { message }: ItemFailure, look: Promise<void>) {
    const [why = ""] = message.split("\n");
    // Of many only the first is told: the halt tells the rest.
    if (this.#state.halts.length === 0) {
      const text = `${this.#id(index)} was not begun: ${why}`;
      this.options.record({ kind: "event", at: Date.now(), text });
    }
    const again = (): void => {
      this.#cut.delete(index);
      this.dispatch({ kind: "held back", index });
    };
    void look.then(again, again);
  }

  /** By the last answer of the calendars, which costs nothing to look at: so every admission does. */
  #keepWindow(): void {
    const { window } = this.options;
    if (window === undefined || this.#state.course !== "rolling") return;
    const standing = window.standing(Date.now());
    const halt = this.#state.halts.find(({ kind }) => kind === "closed");
    if (standing.kind === "open") {
      if (halt === undefined) return;
      this.options.record({ kind: "event", at: Date.now(), text: "in window" });
      this.dispatch({ kind: "lifted", halt: "closed" });
    } else if (!isSameHalt(halt, standing))
      this.dispatch({ kind: "halted", halt: standing });
  }

  #keepDeadlines(): void {
    const now = Date.now();
    const limitS = this.#state.settings.hostDeadlineMs / 1_000;
    for (const index of overdue(this.#state, now))
      this.#cutShort(index, {
        type: "rollout.hostDeadline",
        step: "visit",
        message: `${this.#id(index)} was not finished within its deadline of ${limitS} s\nhint: See what its command waits for (runbook logs ${this.#id(index)}); then retry, redo or exclude it.`,
        commandEnded: true,
      });
    if (isStalled(this.#state, now)) this.dispatch({ kind: "stalled" });
    this.#alarm.set(nextDeadlineMs(this.#state, now));
  }

  /** The visit itself tells when it has ended. */
  #cutShort(index: number, why: ItemFailure): void {
    if (this.#cut.has(index)) return;
    this.#cut.set(index, why);
    this.#visits.get(index)?.cancel();
  }

  /** How long a lock is waited for is not told. */
  #noteHalts({ halts, freezes }: RolloutState): void {
    const had = new Set(halts.map(({ kind }) => kind));
    const texts = [
      ...newOf(this.#state.freezes, freezes).map(freezeInWords),
      ...newOf(freezes, this.#state.freezes).map(
        ({ scope, id }) => `not frozen any more: ${scope} (${id})`,
      ),
      ...this.#state.halts.flatMap((halt) =>
        had.has(halt.kind) || halt.kind === "paused"
          ? []
          : [this.#textOf(halt)],
      ),
    ];
    for (const text of texts)
      this.options.record({ kind: "event", at: Date.now(), text });
  }

  #textOf(halt: Exclude<Halt, { kind: "paused" }>): string {
    switch (halt.kind) {
      case "budget":
        return this.#overBudgetTitle();
      case "progress":
        return "no progress: holding";
      case "closed":
        return `out of window (${halt.reason})${opensInWords(halt)}`;
      case "frozen":
        return "all that is left is frozen: holding";
      case "lock":
        return waitInWords(halt);
    }
  }

  #overBudgetTitle(): string {
    const over = this.#state.halts.find(({ kind }) => kind === "budget");
    const where =
      over?.kind === "budget" && over.pool !== undefined
        ? ` in pool ${over.pool}`
        : "";
    return `over budget${where}: ${inHosts(failures(this.#state))} failed, ${allowedNow(this.#state)} allowed`;
  }

  #askAboutFailures(): void {
    const { desk, canUndo } = this.options;
    const rows = quarantined(this.#state);
    const { course, items } = this.#state;
    if (rows.length === 0 || course === "draining" || course === "stopping")
      return desk.withdraw(failedHostsGate);
    const hosts = rows.map((index) => this.#id(index));
    const causes = causesOf(items, this.#fleet).map(({ id }) => id);
    const title = `${inHosts(hosts.length, "failed ")}: what now?`;
    if (this.#asking.has(failedHostsGate))
      return desk.amend(failedHostsGate, { title, hosts, causes });
    const choices = [
      ...["retry", "redo", "skip", "exclude", "mark done"],
      ...(canUndo && course === "rolling" ? ["roll back host"] : []),
    ];
    const question = { id: failedHostsGate, title, choices, hosts, causes };
    void this.#ask({ ...question, explain: ["mark done"] }, (decision) =>
      this.#settle(decision),
    );
  }

  #askAboutHalt(halt: "budget" | "progress", title: string): void {
    const { desk, canUndo } = this.options;
    if (!this.#state.halts.some(({ kind }) => kind === halt))
      return desk.withdraw(halt);
    if (this.#asking.has(halt)) return desk.amend(halt, { title });
    const choices = ["continue", "abort", ...(canUndo ? ["rollback"] : [])];
    void this.#ask({ id: halt, title, choices }, ({ choice }) => {
      if (choice === "abort") this.dispatch({ kind: "aborted" });
      else if (choice === "rollback") this.dispatch({ kind: "rolled back" });
      else this.dispatch({ kind: "continued", halt });
    });
  }

  async #ask(
    question: Omit<Question, "digest" | "expiresAfterMs">,
    act: (decision: Decision) => void,
  ): Promise<void> {
    const { desk, digest, gateExpiresMs } = this.options;
    const asked = { ...question, digest, expiresAfterMs: gateExpiresMs };
    this.#asking.add(question.id);
    try {
      const decision = await desk.ask(asked);
      if (decision !== undefined) act(decision);
    } catch (error) {
      // A cancelled run is told so where its main line waits; here nobody is left to ask.
      if (!isCancellation(error)) throw error;
    } finally {
      this.#asking.delete(question.id);
      // What was asked may have changed while the answer was on its way.
      this.#changes++;
    }
  }

  #settle(decision: Decision): void {
    const { choice, comment } = decision;
    const indexes = quarantined(this.#state).filter((index) =>
      this.#isMeant(index, decision),
    );
    switch (choice) {
      case "retry":
        return this.dispatch({ kind: "retried", indexes });
      case "redo":
        return this.dispatch({ kind: "redone", indexes });
      case "skip":
        return this.dispatch({ kind: "skipped", indexes });
      case "exclude":
        return this.dispatch({ kind: "excluded", indexes });
      case "roll back host":
        return this.dispatch({ kind: "taken back", indexes });
      case "mark done":
        for (const row of indexes)
          this.options.record({
            kind: "host",
            row,
            at: Date.now(),
            evidence: `${comment ?? ""} (${decidedBy(decision)})`,
          });
        return this.dispatch({ kind: "marked done", indexes });
    }
  }

  #isMeant(index: number, { hosts, cause }: Decision): boolean {
    const item = this.#state.items[index];
    if (cause !== undefined)
      return item?.kind === "quarantined" && item.failure.cause === cause;
    return hosts === undefined || hosts.includes(this.#id(index));
  }

  #id(index: number): string {
    return this.#fleet.rows[index]?.id ?? String(index);
  }
}

function opensInWords({
  opensAt,
  gate,
}: Extract<Halt, { kind: "closed" }>): string {
  if (gate !== undefined) return `, until gate ${gate} is approved`;
  return opensAt === undefined
    ? ""
    : `, until ${new Date(opensAt).toISOString()}`;
}

const isSameHalt = (halt: Halt | undefined, standing: Halt): boolean =>
  halt?.kind === "closed" &&
  standing.kind === "closed" &&
  halt.reason === standing.reason &&
  halt.gate === standing.gate &&
  halt.opensAt === standing.opensAt;

const newOf = (
  freezes: readonly Freeze[],
  before: readonly Freeze[],
): readonly Freeze[] =>
  freezes.filter(({ id }) => !before.some((one) => one.id === id));

/** One timer for the nearest deadline: set anew only for an earlier one, since each timer costs history events. */
class Alarm {
  #due = Infinity;
  #scope: CancellationScope | undefined;

  constructor(private readonly ring: () => void) {}

  set(inMs: number | undefined): void {
    if (inMs === undefined) return;
    const due = Date.now() + inMs;
    if (due >= this.#due) return;
    this.cancel();
    this.#due = due;
    const scope = new CancellationScope();
    this.#scope = scope;
    scope
      .run(() => sleep(inMs, { summary: "nearest deadline" }))
      .then(
        () => {
          this.#due = Infinity;
          this.ring();
        },
        () => undefined,
      );
  }

  cancel(): void {
    this.#due = Infinity;
    this.#scope?.cancel();
    this.#scope = undefined;
  }
}

const inHosts = (count: number, which = ""): string =>
  `${count} ${which}${count === 1 ? "host" : "hosts"}`;
