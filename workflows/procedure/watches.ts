import { CancellationScope, isCancellation } from "@temporalio/workflow";
import type { Desk } from "../gate/desk";
import { decidedBy } from "../gate/words";
import type { Core } from "./core";
import { watchHolds } from "./decide";
import { stepFailureOf } from "./failure";
import { type Finding, watchGate } from "./spec";
import type { Turn } from "./state";

/**
 * Looks again and again, and tells what it finds. It ends with the scope in which it began, or when it returns; after a
 * hand-over it begins anew, and is given what it found last.
 */
export type WatchLoop = (
  tell: (finding: Finding) => void,
  known: Finding | undefined,
) => Promise<void>;

interface WatchesOptions {
  readonly core: Core;
  readonly desk: Desk;
  readonly digest: string;
  readonly gateExpiresMs: number;
  readonly turn: (course: Turn) => void;
}

/** What is looked at beside the steps. */
export class Watches {
  readonly #asking = new Set<string>();
  readonly #scopes = new Map<string, CancellationScope>();

  constructor(private readonly options: WatchesOptions) {}

  /** Takes the place of an earlier watch of this name. @returns ends the one of this name, and what it held is free */
  start(name: string, loop: WatchLoop): () => void {
    this.#scopes.get(name)?.cancel();
    const scope = new CancellationScope({ cancellable: true });
    this.#scopes.set(name, scope);
    scope
      .run(() => this.#keep(name, loop, scope))
      .catch((error: unknown) => {
        if (!isCancellation(error) && !scope.consideredCancelled) throw error;
      });
    return () => this.#end(name);
  }

  #end(name: string): void {
    const { core, desk } = this.options;
    this.#scopes.get(name)?.cancel();
    this.#scopes.delete(name);
    desk.withdraw(watchGate(name));
    core.dispatch({ kind: "unwatched", watch: name });
  }

  /** One that has ended may still be told of, by an activity that is being stopped. */
  isWatching(name: string): boolean {
    return this.#scopes.has(name);
  }

  async #keep(
    name: string,
    loop: WatchLoop,
    scope: CancellationScope,
  ): Promise<void> {
    const { core } = this.options;
    this.#askWhileHeld(name);
    // A look that was under way when the watch ended may still come back: what it saw concerns nobody any more.
    const tell = (finding: Finding): void => {
      if (!scope.consideredCancelled) this.#tell(name, finding);
    };
    for (;;) {
      try {
        return await loop(tell, core.state.findings[name]);
      } catch (error) {
        if (isCancellation(error) || scope.consideredCancelled) throw error;
        const [seen = ""] = stepFailureOf(error).message.split("\n");
        // What it knew is still what a later run begins with.
        const { memory } = core.state.findings[name] ?? {};
        tell({ level: "hold", text: `cannot look: ${seen}`, memory });
        while (this.#isHeld(name)) await core.untilChanged();
      }
    }
  }

  #tell(name: string, finding: Finding): void {
    const { core, desk, turn } = this.options;
    const before = core.state.findings[name];
    core.dispatch({ kind: "found", watch: name, finding });
    if (!isNews(finding, before)) return;
    core.note(`watch ${name}: ${finding.level}: ${finding.text}`);
    if (finding.level === "hold") return this.#askWhileHeld(name);
    desk.withdraw(watchGate(name));
    if (finding.level !== "abort") return;
    const reason = finding.text;
    turn({ kind: "aborted", by: `watch ${name}`, reason, at: Date.now() });
  }

  #askWhileHeld(name: string): void {
    const { desk } = this.options;
    const [held] = this.#held(name);
    if (held === undefined) return;
    const title = `Watch ${name} holds the run: ${held.text}. What now?`;
    if (this.#asking.has(name)) return desk.amend(watchGate(name), { title });
    this.#asking.add(name);
    void this.#ask(name, title);
  }

  async #ask(name: string, title: string): Promise<void> {
    const { core, desk, digest, gateExpiresMs, turn } = this.options;
    const isBack = core.state.forwardOnly === undefined;
    const choices = ["go on", ...(isBack ? ["roll back"] : []), "abort"];
    const question = { id: watchGate(name), title, choices, digest };
    try {
      const explain = ["go on"];
      const asked = { ...question, explain, expiresAfterMs: gateExpiresMs };
      const decision = await desk.ask(asked);
      if (decision === undefined) return;
      if (decision.choice === "go on")
        return core.dispatch({ kind: "accepted", watch: name });
      const kind = decision.choice === "abort" ? "aborted" : "rolling back";
      const by = decidedBy(decision);
      turn({ kind, by, reason: `watch ${name}`, at: Date.now() });
    } catch (error) {
      if (!isCancellation(error)) throw error;
    } finally {
      this.#asking.delete(name);
    }
  }

  #held(name: string) {
    return watchHolds(this.options.core.state).filter(
      ({ watch }) => watch === name,
    );
  }

  #isHeld(name: string): boolean {
    return this.#held(name).length > 0;
  }
}

const isNews = (now: Finding, before: Finding | undefined): boolean =>
  now.level !== before?.level || now.text !== before.text;
