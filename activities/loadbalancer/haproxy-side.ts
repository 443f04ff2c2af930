import { withinTime } from "../time-limit";
import { balancerError } from "./errors";
import {
  readFigures,
  readServers,
  type ServerFigures,
  type ServerRow,
} from "./haproxy-replies";
import type { Standing } from "./room";
import type { RuntimeApi } from "./runtime-api";

type State = "drain" | "maint" | "ready";

/** A balancer that is away for longer forgets what it was told, unless somebody made it remember. */
const takeBackMs = 10_000;

/** The host's server at one HAProxy. */
export class Side {
  #row: ServerRow | undefined;

  constructor(
    private readonly api: RuntimeApi,
    private readonly backend: string,
    private readonly server: string,
    private readonly signal: AbortSignal,
  ) {}

  get socket(): string {
    return this.api.socket;
  }

  get forced(): ServerRow["forced"] {
    return this.#row?.forced;
  }

  async standing(): Promise<Standing> {
    const rows = await this.#rows();
    const row = this.#own(rows);
    this.#row = row;
    return this.#standingIn(rows, row);
  }

  /** Drained and counted in one line, which HAProxy works off at once: of two that leave together the second one sees it. */
  async leave(): Promise<Standing> {
    const isOut = this.#row?.isOut ?? false;
    const answer = await this.#ask(
      this.#command("drain"),
      ...this.#countWords(),
    );
    const rows = this.#read(answer);
    const row = this.#own(rows);
    // A refusal stands before the count.
    if (row.forced === undefined) throw this.#refused(answer);
    this.#row = row;
    return { ...this.#standingIn(rows, row), isOut };
  }

  /** The reverse of `leave`, also once the call is cancelled. */
  async takeBack(): Promise<void> {
    await this.#set("ready", withinTime(takeBackMs));
  }

  #standingIn(rows: readonly ServerRow[], row: ServerRow): Standing {
    // Backup servers carry nothing while others are up: they are counted among themselves.
    const fellows = rows.filter(({ isBackup }) => isBackup === row.isBackup);
    const others = fellows.filter(({ name }) => name !== this.server);
    return {
      balancer: this.api.socket,
      total: fellows.length,
      othersOut: others.filter(({ isOut }) => isOut).length,
      isOut: row.isOut,
    };
  }

  cutOff(): Promise<void> {
    return this.#set("maint", this.signal);
  }

  async #set(state: State, signal: AbortSignal): Promise<void> {
    const answer = await this.api.ask([this.#command(state)], signal);
    if (answer.trim() !== "") throw this.#refused(answer);
    this.#row &&= { ...this.#row, forced: forcedBy(state) };
  }

  /** HAProxy forgets what it was told when it is started anew or reads its configuration again: it is told each time. */
  async keepOut(): Promise<ServerFigures> {
    const row = await this.#known();
    return this.#figuresAfter(row.forced ?? "drain", row);
  }

  async bringIn(): Promise<ServerFigures> {
    return this.#figuresAfter("ready", await this.#known());
  }

  async #known(): Promise<ServerRow> {
    return (this.#row ??= this.#own(await this.#rows()));
  }

  async #rows(): Promise<ServerRow[]> {
    return this.#read(await this.#ask(...this.#countWords()));
  }

  #countWords(): readonly string[] {
    return [
      `show servers state ${this.backend}`,
      `show stat ${this.backend} 4 -1`,
    ];
  }

  #read(answer: string): ServerRow[] {
    const rows = readServers(answer);
    if (rows === undefined) throw this.#refused(answer);
    return rows;
  }

  #own(rows: readonly ServerRow[]): ServerRow {
    const row = rows.find(({ name }) => name === this.server);
    if (row !== undefined) return row;
    throw this.#unknownServer();
  }

  async #figuresAfter(state: State, row: ServerRow): Promise<ServerFigures> {
    const known = await this.#figures(state, row);
    if (known !== undefined) return known;
    // Its number is another one since HAProxy read its configuration again.
    this.#row = this.#own(await this.#rows());
    const found = await this.#figures(state, this.#row);
    if (found !== undefined) return found;
    throw this.#unknownServer();
  }

  async #figures(
    state: State,
    { sid }: ServerRow,
  ): Promise<ServerFigures | undefined> {
    const answer = await this.#ask(
      this.#command(state),
      `show stat ${this.backend} 4 ${sid}`,
    );
    const figures = readFigures(answer);
    if (figures === undefined) throw this.#refused(answer);
    return figures.find(({ name }) => name === this.server);
  }

  #command(state: State): string {
    return `set server ${this.backend}/${this.server} state ${state}`;
  }

  #ask(...commands: readonly string[]): Promise<string> {
    return this.api.ask(commands, this.signal);
  }

  /** HAProxy refuses in words. */
  #refused(answer: string): Error {
    const socket = this.api.socket;
    const facts = { socket };
    if (/^Permission denied/m.test(answer))
      return balancerError("denied", {
        seen: `${socket} refuses to change a server's state`,
        facts,
      });
    if (/^(No such backend|Can't find backend|No such proxy)/m.test(answer))
      return balancerError("unknownBackend", {
        seen: `${socket} knows no backend ${this.backend}`,
        facts,
      });
    if (/^No such server/m.test(answer)) return this.#unknownServer();
    return balancerError("notUnderstood", {
      seen: `${socket} answered ${JSON.stringify(answer.trim().slice(0, 200))}`,
      facts,
    });
  }

  #unknownServer(): Error {
    return balancerError("unknownServer", {
      seen: `${this.api.socket} knows no server ${this.server} in backend ${this.backend}`,
    });
  }
}

const forcedBy = (state: State): ServerRow["forced"] =>
  state === "ready" ? undefined : state;
