import type { Host } from "../inventory/port";
import { hostError } from "./errors";
import { generationOf } from "./generations";
import { lineOf } from "./host-call";
import type { VisitPlan, VisitRequest, VisitStep } from "./port";
import {
  fill,
  hostValues,
  placeholders,
  type TemplateValues,
} from "./template";

/** Names the version that ran before the run's first effect. */
const previousVariable = "RUNBOOK_PREVIOUS";

type Words = Pick<VisitStep, "run" | "env" | "name">;

/** What a visit's steps are called and what their commands are, on this host. Pure, but for what the host has told. */
export class VisitWords {
  readonly host: Host;
  /** What ran before this run's first effect, once the host has said so. */
  previous: string | undefined;

  constructor(
    readonly plan: VisitPlan,
    readonly request: VisitRequest,
  ) {
    const host = plan.hosts[request.index];
    if (host?.id !== request.hostId) {
      throw hostError("foreignPlan", {
        seen: `row ${request.index} of the plan is ${host?.id ?? "missing"}`,
        expected: request.hostId,
      });
    }
    this.host = host;
  }

  get owner(): string {
    const { rootRunId, workflowId } = this.request.claimant ?? this.request;
    return `${rootRunId} ${workflowId}`;
  }

  /** Without those that an operator said to leave out. */
  kept(steps: readonly VisitStep[]): readonly VisitStep[] {
    const skipped = this.request.skipped ?? [];
    return steps.filter(({ name }) => !skipped.includes(name));
  }

  /** @param prefix keeps the steps of another work apart, whose names may be the same */
  keyOf(
    { name }: Pick<VisitStep, "name">,
    prefix = "",
    generation = this.#generation(name),
  ): string {
    return `${this.request.rootRunId}/${this.host.id}/${prefix}${name}/${generation}`;
  }

  /** Of all generations: what an earlier one has changed is changed, whatever is asked for again. */
  keysOf(steps: readonly VisitStep[], prefix = ""): string[] {
    return steps
      .filter(({ kind }) => kind === "job")
      .flatMap((step) =>
        Array.from({ length: this.#generation(step.name) }, (_, before) =>
          this.keyOf(step, prefix, before + 1),
        ),
      );
  }

  words({ run = [] }: Words): string[] {
    return run.map((word) => fill(word, this.values));
  }

  /** The step's command as the host's shell runs it. */
  line(step: Words): string {
    const { previous } = this;
    const known =
      previous === undefined ? {} : { [previousVariable]: previous };
    return lineOf(this.words(step), { ...known, ...this.env(step) });
  }

  env({ name, env = {} }: Words): Readonly<Record<string, string>> {
    const own = Object.entries(env).map(
      ([key, value]) => [key, fill(value, this.values)] as const,
    );
    const { version, build } = this.plan;
    const { artifact } = this.request;
    const [path = ""] = this.words({ name, run: [build?.to ?? ""] });
    return {
      RUNBOOK_STEP: name,
      RUNBOOK_HOST: this.host.id,
      ...(version === undefined ? {} : { RUNBOOK_VERSION: version }),
      ...(artifact === undefined
        ? {}
        : {
            RUNBOOK_ARTIFACT: path,
            RUNBOOK_ARTIFACT_SHA256: artifact.sha256,
          }),
      ...Object.fromEntries(own),
    };
  }

  /** A job reads it on the host, so that it is the same command whether or not the worker knows the version by then. */
  get envFiles(): Readonly<Record<string, string>> {
    const run = encodeURIComponent(this.request.rootRunId);
    return { [previousVariable]: `previous/${run}` };
  }

  /** Whether its words can be known only after the host was asked what runs there. */
  needsPrevious({ run = [], env = {} }: Words): boolean {
    return placeholders([...run, ...Object.values(env)]).includes("previous");
  }

  get values(): TemplateValues {
    return { ...hostValues(this.host), previous: this.previous };
  }

  #generation(name: string): number {
    return generationOf(name, this.request.generations ?? {});
  }
}

/** As the operator knows it. */
export function commandOf({ run, script }: VisitStep): string {
  return run?.[0] ?? (script === undefined ? "command" : "script");
}
