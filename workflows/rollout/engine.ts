import { condition, isCancellation } from "@temporalio/workflow";
import type { Decision, Question } from "../gate/gate";
import type { Desk } from "../gate/desk";
import { admit } from "./admit";
import { reduce, type RolloutEvent } from "./reduce";
import {
  failures,
  type Generations,
  type ItemFailure,
  type ItemResult,
  newRollout,
  quarantined,
  type RolloutState,
  stageSettled,
} from "./state";

export interface RolloutOptions {
  readonly ids: readonly string[];
  readonly slots: number;
  readonly allowedFailures: number;
  readonly desk: Desk;
  /** Digest of the plan, to which every question binds. */
  readonly digest: string;
  readonly gateExpiresMs: number;
  /** Takes one item through its work. Rejects when that failed for good. */
  visit(index: number, generations: Generations): Promise<ItemResult>;
  /** Turns what `visit` rejected with into a failure of the item. */
  failureOf(error: unknown): ItemFailure;
  onChange(): void;
}

const failedHostsGate = "failed-hosts";
const budgetGate = "budget";

/** The engine that moves items through slots. Decisions are made by `admit` and `reduce`; here they are carried out. */
export class Rollout {
  #state: RolloutState;
  #changes = 0;

  constructor(private readonly options: RolloutOptions) {
    const { ids, slots, allowedFailures } = options;
    this.#state = newRollout(ids.length, slots, allowedFailures);
  }

  get state(): RolloutState {
    return this.#state;
  }

  /** Admits the items before row `end` and resolves once each is finished or given up, or the rollout was aborted. */
  async runUntil(end: number): Promise<void> {
    this.#dispatch({ kind: "stage opened", end });
    while (!stageSettled(this.#state)) {
      for (const index of admit(this.#state)) this.#begin(index);
      this.#askAboutFailures();
      this.#askAboutBudget();
      const seen = this.#changes;
      await condition(() => this.#changes !== seen);
    }
    this.options.desk.withdraw(failedHostsGate);
    this.options.desk.withdraw(budgetGate);
  }

  /** Nothing new starts; what is in flight finishes. */
  abort(): void {
    this.#dispatch({ kind: "aborted" });
  }

  #dispatch(event: RolloutEvent): void {
    this.#state = reduce(this.#state, event);
    this.#changes++;
    this.options.onChange();
  }

  #begin(index: number): void {
    const item = this.#state.items[index];
    if (item?.kind !== "waiting") return;
    this.#dispatch({ kind: "started", index });
    void this.options.visit(index, item.generations).then(
      (result) => this.#dispatch({ kind: "finished", index, result }),
      (error: unknown) => {
        const failure = this.options.failureOf(error);
        this.#dispatch({ kind: "failed", index, failure });
      },
    );
  }

  #askAboutFailures(): void {
    const { desk } = this.options;
    const hosts = quarantined(this.#state).map((index) => this.#id(index));
    if (hosts.length === 0 || this.#state.kind === "draining")
      return desk.withdraw(failedHostsGate);
    const title = `${inHosts(hosts.length, "failed ")}: what now?`;
    if (this.#isOpen(failedHostsGate))
      return desk.amend(failedHostsGate, { title, hosts });
    const choices = ["retry", "redo", "exclude"] as const;
    void this.#ask({ id: failedHostsGate, title, choices, hosts }, (decision) =>
      this.#settle(decision),
    );
  }

  #askAboutBudget(): void {
    const { desk } = this.options;
    if (this.#state.kind !== "holding") return desk.withdraw(budgetGate);
    const { allowedFailures } = this.#state;
    const title = `over budget: ${inHosts(failures(this.#state))} failed, ${allowedFailures} allowed`;
    if (this.#isOpen(budgetGate)) return desk.amend(budgetGate, { title });
    const choices = ["continue", "abort"] as const;
    void this.#ask({ id: budgetGate, title, choices }, ({ choice }) => {
      if (choice === "abort") this.abort();
      else this.#acceptFailures();
    });
  }

  /** Enough for the failures there are, so that the very next one asks again. */
  #acceptFailures(): void {
    const by = failures(this.#state) - this.#state.allowedFailures;
    this.#dispatch({ kind: "budget extended", by });
  }

  async #ask(
    question: Pick<Question, "id" | "title" | "choices" | "hosts">,
    act: (decision: Decision) => void,
  ): Promise<void> {
    const { desk, digest, gateExpiresMs } = this.options;
    const asked = { ...question, digest, expiresAfterMs: gateExpiresMs };
    try {
      const decision = await desk.ask(asked);
      if (decision !== undefined) act(decision);
    } catch (error) {
      // A cancelled run is told so where its main line waits; here nobody is left to ask.
      if (!isCancellation(error)) throw error;
    }
  }

  #settle({ choice, hosts }: Decision): void {
    const named = (index: number): boolean =>
      hosts === undefined || hosts.includes(this.#id(index));
    const indexes = quarantined(this.#state).filter(named);
    if (choice === "retry") this.#dispatch({ kind: "retried", indexes });
    else if (choice === "redo") this.#dispatch({ kind: "redone", indexes });
    else this.#dispatch({ kind: "excluded", indexes });
  }

  #isOpen(gateId: string): boolean {
    return this.options.desk.open.some(({ id }) => id === gateId);
  }

  #id(index: number): string {
    return this.options.ids[index] ?? String(index);
  }
}

const inHosts = (count: number, which = ""): string =>
  `${count} ${which}${count === 1 ? "host" : "hosts"}`;
