/**
 * What HAProxy's runtime API prints, as data. Formats: its management guide, `show servers state` (version 1) and
 * `show stat` (CSV); columns are found by their names, since releases add some. Pure.
 */

/** One server of a backend. */
export interface ServerRow {
  readonly name: string;
  /** Number of the server in its backend, as `show stat` takes it. */
  readonly sid: number;
  /** Gets no balanced traffic: drained, in maintenance, down by its check, soft-stopped by it, or of weight 0. */
  readonly isOut: boolean;
  /** Somebody told the balancer so, by `drain` or `maint`. */
  readonly forced: "drain" | "maint" | undefined;
  /** Used only when no other server is left: no part of what carries the traffic. */
  readonly isBackup: boolean;
}

/** One server in figures. */
export interface ServerFigures {
  readonly name: string;
  /** Sessions on it, those that wait for it included. */
  readonly sessions: number;
  /** `UP`, `UP 1/3`, `DOWN`, `DRAIN`, `MAINT`, `no check` and so on. */
  readonly status: string;
  readonly weight: number;
  /** Outcome of its last health check, such as `L4CON`; empty without one. */
  readonly check: string;
}

const admin = { forcedMaint: 0x01, configuredMaint: 0x04, forcedDrain: 0x08 };
/** All but 0x40, which tells that the server's name was set at run time. */
const anyAdminOut = 0x3f;
const operational = { down: 0, stopping: 3 };

/**
 * The answer to `show servers state B` followed by that to `show stat B 4 -1`.
 *
 * @returns undefined when it is not such an answer
 */
export function readServers(text: string): ServerRow[] | undefined {
  const cut = text.indexOf(statHead);
  const states = cut === -1 ? undefined : readStates(text.slice(0, cut));
  const figures = readTable(text.slice(Math.max(cut, 0)), statHead, ",");
  if (states === undefined || figures === undefined) return undefined;
  const backups = new Set(
    figures.filter((row) => row.bck === "1").map((row) => row.svname),
  );
  return states.map((row) => ({ ...row, isBackup: backups.has(row.name) }));
}

/** The answer to `show stat B 4 N`: empty when there is no such server; undefined when it is not such an answer. */
export function readFigures(text: string): ServerFigures[] | undefined {
  const rows = readTable(text, statHead, ",")?.map((row) => ({
    name: row.svname ?? "",
    sessions: whole(row.scur) + whole(row.qcur),
    status: row.status ?? "",
    weight: whole(row.weight),
    // A star before it: the next check is under way (HAProxy's management guide, section 9.1).
    check: (row.check_status ?? "").replace(/^\* /, ""),
  }));
  const isWhole = rows?.every(
    ({ name, sessions, status, weight }) =>
      name !== "" &&
      status !== "" &&
      Number.isInteger(sessions) &&
      Number.isInteger(weight),
  );
  return isWhole === true ? rows : undefined;
}

/** Its own health check calls the server up, without a doubt; a server that is not checked counts as up. */
export function isUp({ status, weight }: ServerFigures): boolean {
  // Of weight 0 it is never given traffic, so it is as far up as it was before.
  return (
    status === "UP" ||
    status === "no check" ||
    (status === "DRAIN" && weight === 0)
  );
}

const stateHead = "# be_id ";
const statHead = "# pxname,";

function readStates(text: string): Omit<ServerRow, "isBackup">[] | undefined {
  const rows = readTable(text, stateHead, " ")?.map((row) => {
    const sid = whole(row.srv_id);
    const operation = whole(row.srv_op_state);
    const mask = whole(row.srv_admin_state);
    const weight = whole(row.srv_uweight);
    return { name: row.srv_name ?? "", sid, operation, mask, weight };
  });
  const isWhole = rows?.every(
    ({ name, ...numbers }) =>
      name !== "" && Object.values(numbers).every(Number.isInteger),
  );
  if (rows === undefined || isWhole !== true) return undefined;
  return rows.map(({ name, sid, operation, mask, weight }) => ({
    name,
    sid,
    isOut:
      (mask & anyAdminOut) !== 0 ||
      operation === operational.down ||
      operation === operational.stopping ||
      weight === 0,
    forced: forcedBy(mask),
  }));
}

/** Maintenance goes before drain, where both were asked for. */
function forcedBy(mask: number): ServerRow["forced"] {
  if ((mask & (admin.forcedMaint | admin.configuredMaint)) !== 0)
    return "maint";
  return (mask & admin.forcedDrain) === 0 ? undefined : "drain";
}

/** An empty cell is no 0. */
const whole = (cell = ""): number => (/^\d+$/.test(cell) ? Number(cell) : NaN);

type Row = Readonly<Record<string, string>>;

/** Rows by the names of their columns. Cells behind a quoted one are not to be trusted; none of ours is. */
function readTable(
  text: string,
  head: string,
  separator: string,
): Row[] | undefined {
  const lines = text.split("\n").filter((line) => line !== "");
  const at = lines.findIndex((line) => line.startsWith(head));
  if (at === -1) return undefined;
  const names = (lines[at] ?? "").slice("# ".length).split(separator);
  return lines.slice(at + 1).map((line) => {
    const cells = line.split(separator);
    return Object.fromEntries(
      names.map((name, index) => [name, cells[index] ?? ""]),
    );
  });
}
