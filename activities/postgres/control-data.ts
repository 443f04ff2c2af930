/** What pg_control says a cluster is, or was when its server died. */
export type ClusterState =
  | "starting up"
  | "shut down"
  | "shut down in recovery"
  | "shutting down"
  | "in crash recovery"
  | "in archive recovery"
  | "in production";

const states: ReadonlySet<string> = new Set<ClusterState>([
  "starting up",
  "shut down",
  "shut down in recovery",
  "shutting down",
  "in crash recovery",
  "in archive recovery",
  "in production",
]);

export interface ControlData {
  readonly systemIdentifier: string;
  readonly state: ClusterState;
  /** Where the record of the last checkpoint begins; it has a length of its own. */
  readonly checkpoint: string;
  /** Of the last checkpoint: a promoted server shows its new one only after the next. */
  readonly timeline: number;
  /** Next transaction id with its epoch, as `pg_snapshot_xmax` counts. */
  readonly nextXid: string;
}

/** Of a damaged file, or one of another major version: what follows is not to be trusted, and pg_controldata ends with 0 all the same. */
const untrustworthy = /calculated CRC checksum does not match/i;

/** Reads what pg_controldata prints in the C locale. @returns nothing when a fact is missing or not to be trusted */
export function readControlData(text: string): ControlData | undefined {
  if (untrustworthy.test(text)) return undefined;
  const facts = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([^:]+):\s+(.*\S)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) facts.set(name, value);
  }
  const systemIdentifier = facts.get("Database system identifier");
  const state = facts.get("Database cluster state");
  const checkpoint = facts.get("Latest checkpoint location");
  const timeline = facts.get("Latest checkpoint's TimeLineID");
  const nextXid = fullXid(facts.get("Latest checkpoint's NextXID"));
  if (systemIdentifier === undefined || state === undefined) return undefined;
  if (checkpoint === undefined || timeline === undefined) return undefined;
  if (nextXid === undefined || !isState(state)) return undefined;
  return {
    ...{ systemIdentifier, state, checkpoint, nextXid },
    timeline: Number(timeline),
  };
}

const isState = (text: string): text is ClusterState => states.has(text);

/** `epoch:xid` */
function fullXid(text = ""): string | undefined {
  const [, epoch, xid] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (epoch === undefined || xid === undefined) return undefined;
  return String((BigInt(epoch) << 32n) + BigInt(xid));
}
