import { ApplicationFailure } from "@temporalio/common";
import { sshError } from "../../../activities/ssh/errors";
import type {
  Customer,
  ProbeClass,
  ProbePort,
  ProbeResult,
} from "../../../activities/customers/port";
import type {
  EgressPort,
  Gateway,
  GatewayFacts,
  GatewayLook,
  Retiring,
  Steering,
} from "../../../activities/egress/port";
import { egressError } from "../../../activities/egress/errors";
import { RunbookError } from "../../../activities/errors";
import type {
  ApplicationOrder,
  ApplicationReport,
  LoadPort,
  StormOrder,
  StormReport,
} from "../../../activities/load/port";

interface Standing {
  provisioned: boolean;
  retired: boolean;
  released: boolean;
  steering: Steering | undefined;
  rules: GatewayLook["rules"];
  counters: { -readonly [Name in keyof GatewayLook["counters"]]: number };
}

const hot = "198.51.100.7:443";
const staging = "gw-s";

/** Gateways, load and customers in memory, which keep the promises of their ports and can fail on purpose for as long as a test wants. */
export class FakeNetwork implements EgressPort, LoadPort, ProbePort {
  /** `<verb> <gateway> <moved>/<share>`, in their order. */
  readonly calls: string[] = [];
  /** Gateways that nobody reaches. */
  readonly unreachable = new Set<string>();
  readonly classes = new Map<string, ProbeClass>();
  /** Open connections through each gateway. */
  open = 40;
  /** From this share on the hottest destination takes nearly all its ports. */
  pressesFrom = 101;
  /** Connections that never leave the old addresses of a gateway. */
  lingering = 0;
  /** Staging's connects take a second. */
  isSlow = false;
  /** Staging's load takes another way than its gateway. */
  isElsewhere = false;
  /** The customer's own client opens a connection for each request. */
  reusesNothing = false;
  /** Looks do not return before it does. */
  looksWaitFor: Promise<void> | undefined;
  /** Looks fail for good, in a way that is on no list. */
  cannotLook = false;
  readonly #standing = new Map<string, Standing>();

  of(gateway: string): Standing {
    const known = this.#standing.get(gateway) ?? {
      ...{ provisioned: false, retired: false, released: false },
      ...{ steering: undefined, rules: "absent" as const },
      counters: { ...none },
    };
    this.#standing.set(gateway, known);
    return known;
  }

  /** What new connections do now: `moved/share`, or nothing without rules. */
  standingOf(gateway: string): string | undefined {
    const { steering } = this.of(gateway);
    return steering && `${steering.moved.length}/${steering.share}`;
  }

  /** It has booted: rules and counters are gone. */
  boot(gateway: string): void {
    const standing = this.of(gateway);
    standing.rules = "absent";
    standing.counters = { ...none };
  }

  async inspect(gateway: Gateway): Promise<GatewayFacts> {
    this.#reach(gateway, "inspect");
    return {
      ...{ gateway: gateway.id, kernel: "6.1.0", entries: 10 },
      ...{ mostEntries: 10_000, portHoldS: 120, faults: [] },
    };
  }

  async look(gateway: Gateway): Promise<GatewayLook> {
    await this.looksWaitFor;
    if (this.cannotLook)
      throw ApplicationFailure.nonRetryable("nobody foresaw this");
    if (this.unreachable.has(gateway.id)) throw unreachable(gateway);
    const standing = this.of(gateway.id);
    const { steering, retired, rules } = standing;
    const share = rules === "absent" ? 0 : (steering?.share ?? 0);
    const onNew = retired ? this.open : Math.round((this.open * share) / 100);
    const used = share >= this.pressesFrom ? 350 : onNew;
    standing.counters.opened += 100;
    return {
      ...{ gateway: gateway.id, at: Date.now(), entries: 0 },
      ...{ mostEntries: 10_000, rules, lacks: [], lacksOld: [] },
      counters: { ...standing.counters },
      ...{ onOld: share === 100 ? this.lingering : this.open - onNew, onNew },
      tuples: [{ tuple: hot, old: this.open - onNew, new: used }],
      generation: steering?.generation ?? 0,
    };
  }

  async provision(gateway: Gateway): Promise<void> {
    this.#reach(gateway, "provision");
    const standing = this.of(gateway.id);
    standing.provisioned = true;
    standing.rules = "ours";
  }

  async steer(gateway: Gateway, steering: Steering): Promise<void> {
    const { moved, share } = steering;
    this.#reach(gateway, "steer", `${moved.length}/${share}`);
    this.#fence(gateway, steering.generation);
    const standing = this.of(gateway.id);
    standing.steering = steering;
    standing.rules = "ours";
  }

  async reload(gateway: Gateway, generation: number): Promise<void> {
    this.#reach(gateway, "reload");
    this.#fence(gateway, generation);
    this.of(gateway.id).rules = "ours";
  }

  async retire(gateway: Gateway, { cut = false }: Retiring): Promise<void> {
    this.#reach(gateway, "retire", cut ? "cut" : "");
    if (this.lingering > 0 && !cut)
      throw egressError("stillUsed", { seen: `${this.lingering} are open` });
    this.of(gateway.id).retired = true;
  }

  async bringBack(gateway: Gateway): Promise<void> {
    this.#reach(gateway, "bringBack");
    this.of(gateway.id).retired = false;
  }

  async restore(gateway: Gateway, generation: number): Promise<void> {
    this.#reach(gateway, "restore");
    this.#fence(gateway, generation);
    const standing = this.of(gateway.id);
    standing.provisioned = false;
    standing.steering = undefined;
    standing.rules = "absent";
  }

  async release(gateway: Gateway): Promise<void> {
    this.#reach(gateway, "release");
    this.of(gateway.id).released = true;
  }

  async storm({ host, destinations }: StormOrder): Promise<StormReport> {
    this.calls.push(`storm ${host.id}`);
    const { tried, ...carried } = this.#carry(destinations);
    const total = {
      ...{ ...carried, tried, failed: {}, p50Ms: 1, p99Ms: 4 },
      slowShare: this.isSlow ? 0.1 : 0,
    };
    const opening = [[this.isSlow ? slowBucket : quickBucket, tried]] as const;
    return { ...{ host: host.id, total, opening }, destinations: [] };
  }

  async application({ peak }: ApplicationOrder): Promise<ApplicationReport> {
    this.calls.push(peak === undefined ? "application" : "application's peak");
    const said = { host: "st-1", requests: 1_000, failed: 0, sockets: [] };
    if (peak === undefined)
      return { ...said, opened: this.reusesNothing ? 990 : 20 };
    const { tried, ...carried } = this.#carry(peak.destinations);
    return { ...said, requests: tried * 10, opened: tried, carried };
  }

  /** Each connection is renewed three times. */
  #carry(destinations: StormOrder["destinations"]) {
    const peak = destinations.reduce((sum, one) => sum + one.connections, 0);
    const tried = peak * 4;
    if (!this.isElsewhere) this.of(staging).counters.opened += tried;
    return { tried, peak, heldS: 3_600, p999Ms: this.isSlow ? 1_020 : 30 };
  }

  async stop(): Promise<void> {
    this.calls.push("stop");
  }

  async ask(
    gateway: { readonly id: string },
    customers: readonly Customer[],
  ): Promise<readonly ProbeResult[]> {
    this.calls.push(`ask ${gateway.id}`);
    return customers.map(({ id }) => ({
      ...{ customer: id, class: this.classes.get(id) ?? "allowed", seen: "" },
    }));
  }

  #reach({ id, ...gateway }: Gateway, verb: string, words = ""): void {
    this.calls.push(`${verb} ${id} ${words}`.trim());
    if (this.unreachable.has(id)) throw unreachable({ id, ...gateway });
  }

  #fence({ id }: Gateway, generation: number): void {
    const { steering } = this.of(id);
    if ((steering?.generation ?? 0) <= generation) return;
    const seen = `${id} has generation ${steering?.generation ?? 0}`;
    throw new RunbookError("egress.superseded", "stop", seen, "look again");
  }
}

/** As activities/load/total.ts counts: about a second, and some milliseconds. */
const slowBucket = 236;
const quickBucket = 150;

const none = { opened: 0, insertFailed: 0, drop: 0, earlyDrop: 0, found: 0 };

const unreachable = ({ id }: Pick<Gateway, "id">) =>
  sshError("unreachable", { seen: `no answer from ${id}` });
