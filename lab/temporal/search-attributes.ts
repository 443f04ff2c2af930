/** What operators filter runs by; readable without a worker. */
export interface SearchAttribute {
  readonly name: string;
  readonly type: "Keyword" | "Int" | "Datetime" | "Bool";
}

/** Every search attribute that a runbook sets; a server must know all of them before a worker connects. */
export const searchAttributes: readonly SearchAttribute[] = [
  { name: "RunbookName", type: "Keyword" },
  { name: "RunbookPhase", type: "Keyword" },
  { name: "RunbookWaiting", type: "Keyword" },
  { name: "RunbookTarget", type: "Keyword" },
  { name: "ChangeTicket", type: "Keyword" },
  { name: "RunbookPct", type: "Int" },
  { name: "RunbookNextWindow", type: "Datetime" },
  { name: "RunbookBlocked", type: "Bool" },
];
