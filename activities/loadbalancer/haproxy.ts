import { fill } from "../host/template";
import { pause } from "../ssh/abort";
import { balancerError } from "./errors";
import { isUp, type ServerFigures } from "./haproxy-replies";
import { Side } from "./haproxy-side";
import type { Departure, Place } from "./place";
import type { Balancer, BalancerCall } from "./port";
import { type Standing, withoutRoom } from "./room";
import type { RuntimeApi } from "./runtime-api";

type Settings = Extract<Balancer, { haproxy: unknown }>["haproxy"];

const firstPollMs = 100;
const lastPollMs = 1_000;

/** A host's server behind one HAProxy or several. */
export class HaproxyPlace implements Place {
  readonly queue: string;
  readonly backend: string;
  readonly maxOut: Settings["maxOut"];
  readonly turnTimeoutMs: number;
  readonly #server: string;
  readonly #sides: readonly Side[];

  /** @throws balancer.badName */
  constructor(
    private readonly settings: Settings,
    private readonly call: BalancerCall,
    apiOf: (socket: string) => RuntimeApi,
  ) {
    const filled = (text: string): string => fill(text, call.values);
    const sockets = settings.sockets.map(filled);
    this.backend = requireName("backend", filled(settings.backend));
    this.#server = requireName("server", filled(settings.server));
    this.maxOut = settings.maxOut;
    this.turnTimeoutMs = settings.turnTimeoutS * 1_000;
    this.queue = JSON.stringify(["haproxy", this.backend, ...sockets]);
    this.#sides = sockets.map(
      (socket) =>
        new Side(apiOf(socket), this.backend, this.#server, call.signal),
    );
  }

  look(): Promise<readonly Standing[]> {
    return Promise.all(this.#sides.map((side) => side.standing()));
  }

  /**
   * Leaves alone where it is out by a person's word or an earlier visit: `drain` would end a maintenance. At the first
   * balancer that counts too many it ends: further ones need not lose the host for a moment.
   */
  async takeOut(): Promise<Departure> {
    const changed: Side[] = [];
    const stepBack = async (): Promise<void> => {
      for (const side of changed) await side.takeBack();
    };
    const after: Standing[] = [];
    try {
      for (const side of this.#sides) {
        if (side.forced !== undefined) continue;
        changed.push(side);
        const standing = await side.leave();
        after.push(standing);
        if (withoutRoom([standing], this.maxOut) !== undefined) break;
      }
    } catch (error) {
      // Out without a count that allows it: whoever goes on would take it for a host that has had its turn.
      await stepBack().catch((failed: unknown) =>
        this.call.report(`cannot be put back: ${String(failed)}`),
      );
      throw error;
    }
    return { after, stepBack };
  }

  async awaitEmpty(): Promise<number> {
    const { signal, report } = this.call;
    const deadline = Date.now() + this.settings.drainTimeoutS * 1_000;
    let emptyBefore = false;
    for (let pollMs = firstPollMs; ; pollMs = grown(pollMs)) {
      const left = await this.#sessions();
      // Twice in a row: a request may stand between the choice of its server and its session there.
      if (left === 0 && emptyBefore) return 0;
      emptyBefore = left === 0;
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) return left === 0 ? 0 : this.#cutOff(left);
      report(`drains, ${sessionWords(left)} left`);
      await pause(Math.min(emptyBefore ? firstPollMs : pollMs, leftMs), signal);
    }
  }

  async putBack(): Promise<void> {
    const { signal, report, hostId } = this.call;
    const { upTimeoutS } = this.settings;
    const deadline = Date.now() + upTimeoutS * 1_000;
    for (let pollMs = firstPollMs; ; pollMs = grown(pollMs)) {
      const down = await this.#notUp();
      if (down.length === 0) return;
      const leftMs = deadline - Date.now();
      if (leftMs <= 0)
        throw balancerError("neverUp", {
          seen: `${this.backend}/${this.#server} was not up within ${upTimeoutS} s: ${down.join("; ")}`,
          facts: { host: hostId },
        });
      report(`back, not up yet: ${down.join("; ")}`);
      await pause(Math.min(pollMs, leftMs), signal);
    }
  }

  async #sessions(): Promise<number> {
    const figures = await Promise.all(
      this.#sides.map((side) => side.keepOut()),
    );
    return figures.reduce((sum, { sessions }) => sum + sessions, 0);
  }

  /**
   * Clients that stick to a server are sent to one that drains, too, so waiting longer would not help: in maintenance
   * it gets nobody, and its open sessions stay as they are.
   */
  async #cutOff(left: number): Promise<number> {
    for (const side of this.#sides) await side.cutOff();
    this.call.report(
      `${sessionWords(left)} left at the deadline, goes on without them`,
    );
    return left;
  }

  async #notUp(): Promise<string[]> {
    const figures = await Promise.all(
      this.#sides.map((side) => side.bringIn()),
    );
    return figures.flatMap((figure, index) =>
      isUp(figure)
        ? []
        : [`${standingWords(figure)} at ${this.#sides[index]?.socket ?? ""}`],
    );
  }
}

/** Checked before it is sent: a space, a semicolon or a line end would be another command. */
function requireName(what: "backend" | "server", name: string): string {
  if (/^[A-Za-z0-9_.:-]+$/.test(name)) return name;
  throw balancerError("badName", {
    seen: `the name of the ${what} is ${JSON.stringify(name)}`,
    expected: "letters, digits, and . _ : - only",
  });
}

const grown = (ms: number): number => Math.min(ms * 1.5, lastPollMs);

const sessionWords = (count: number): string =>
  count === 1 ? "1 session" : `${count} sessions`;

const standingWords = ({ status, check }: ServerFigures): string =>
  check === "" ? status : `${status} (${check})`;
