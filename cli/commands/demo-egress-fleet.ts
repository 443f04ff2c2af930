import { readFile, writeFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import type { Spread } from "../../activities/egress/port";
import type { NetworkLab } from "../../lab/network/lab";
import type { LoadCounts } from "../../lab/network/load";
import type { SiteCounts } from "../../lab/network/sites";
import { type EgressProof, proofOf } from "./demo-egress-proof";

/** New connections of all hosts together; few enough for the site that limits how often one address may ask. */
const perSecond = 60;
/** Kernel's seconds for connections that are closed or never opened; two minutes otherwise, which nobody would watch. */
const forgottenAfterS = 4;

/** The load of a demonstration, and what came of it. */
export class Fleet {
  /** Ids of the customers whose addresses were not moved, once all stages are over. */
  stayed: readonly string[] = [];
  private readonly loads: LoadCounts[] = [];
  private before: SiteCounts = {};

  constructor(private readonly lab: NetworkLab) {}

  /** Steady load to all sites, and a configuration with the mistake that only a peak shows. */
  async begin(): Promise<void> {
    const { lab } = this;
    await this.setSpread("range");
    const timeouts = ["syn_sent", "time_wait", "close", "fin_wait"].map(
      (name) =>
        `echo ${forgottenAfterS} >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_${name}\n`,
    );
    for (const { id } of [...lab.gateways, lab.staging.gateway])
      await lab.sh(id, timeouts.join(""));
    await lab.startLoad({ perSecond });
  }

  words(): string {
    const { gateways, appHosts, sites } = this.lab;
    const old = gateways.flatMap((gateway) => gateway.old);
    return `${perSecond} new connections a second from ${appHosts.length} hosts to ${sites.length} sites, by ${old.length} addresses; see one: ip netns exec ${gateways[0]?.namespace} nft list ruleset`;
  }

  /** As an operator mends the file: the run reads it anew with each attempt. */
  async setSpread(spread: Spread): Promise<void> {
    const { configFile } = this.lab;
    const text = await readFile(configFile, "utf8");
    const written = parse(text) as {
      targets: { lab: { egress: { spread?: Spread } } };
    };
    written.targets.lab.egress.spread = spread;
    await writeFile(configFile, stringify(written));
  }

  /** What came to the sites before anything is moved: from new addresses that is the probes alone. */
  async noteProbed(): Promise<void> {
    this.before = await this.lab.counts();
  }

  /** After the last stage: from now on the hosts call those who were moved, and nobody else. */
  async callTheMoved(): Promise<void> {
    const { lab } = this;
    this.stayed = await this.whoStays();
    this.loads.push(await lab.stopLoad());
    const ids = lab.sites.map(({ id }) => id);
    const sites = ids.filter((id) => !this.stayed.includes(id));
    await lab.startLoad({ perSecond, sites });
  }

  /** Whom a gateway's rules leave on the old addresses; until the rules of a stage are loaded, these are those of that stage, too. */
  private async whoStays(): Promise<readonly string[]> {
    const { lab } = this;
    const set = "nft list set ip runbooks_egress stay";
    const listed = await lab.sh(lab.gateways[0]?.id ?? "", set);
    const addresses = new Set(listed.match(/\d+(\.\d+){3}/g));
    return lab.sites
      .filter(({ address }) => addresses.has(address))
      .map(({ id }) => id);
  }

  /** Ends the load. */
  async end(): Promise<EgressProof> {
    const { lab, before, stayed } = this;
    this.loads.push(await lab.stopLoad());
    return proofOf({
      ...{ loads: this.loads, before, after: await lab.counts(), stayed },
      fresh: lab.gateways.flatMap((gateway) => gateway.new),
      customers: lab.sites.length,
    });
  }
}
