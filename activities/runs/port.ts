/** A run over all its hops: a chain is known by its first execution, for an id may be used again. */
export interface RunRef {
  readonly workflowId: string;
  /** First execution of the chain. */
  readonly rootRunId: string;
}

/** How a chain stands; `unknown` when the server has forgotten it. */
export type ChainStanding =
  | "open"
  | "completed"
  | "cancelled"
  | "failed"
  | "terminated"
  | "timed out"
  | "unknown";

export interface Chain {
  readonly standing: ChainStanding;
  /** Milliseconds since the epoch; of a chain that the server has forgotten, nobody knows. */
  readonly closedAt?: number;
}

/** A workflow that lives for as long as the installation does, such as the one that keeps the locks of a target. */
export interface Entity {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly taskQueue: string;
}

/** What the Temporal server knows of runs, and the way to tell or ask an entity something. */
export interface Runs {
  /** Sends an Update and returns the answer; an entity that does not run is started first. @throws what the entity refuses, the client's own errors */
  tell(entity: Entity, update: string, payload: unknown): Promise<unknown>;
  /** What a workflow answers to a query; undefined when there is none of that id. @throws the client's own errors */
  ask(
    workflowId: string,
    query: string,
    args: readonly unknown[],
  ): Promise<unknown>;
  /** @throws the client's own errors */
  standing(run: RunRef): Promise<ChainStanding>;
  /** The same, and since when. @throws the client's own errors */
  chain(run: RunRef): Promise<Chain>;
  /** How long the server keeps chains that are over, in milliseconds. @throws the client's own errors */
  retentionMs(): Promise<number>;
}
