import type { Host } from "../../activities/inventory/port";

/** Rows of the host list that one activity looks at, at their site. */
export interface SweepPage {
  readonly site?: string;
  readonly from: number;
  readonly to: number;
}

const pageSize = 100;

/** Hosts of a site together, for only its own workers reach them. */
export function bySite(hosts: readonly Host[]): Host[] {
  const sites = [...new Set(hosts.map(({ site }) => site))];
  return sites.flatMap((site) => hosts.filter((host) => host.site === site));
}

/** @param hosts as `bySite` orders them */
export function pagesOf(hosts: readonly Pick<Host, "site">[]): SweepPage[] {
  const pages: SweepPage[] = [];
  for (let from = 0; from < hosts.length;) {
    const site = hosts[from]?.site;
    const rest = hosts.slice(from, from + pageSize);
    const other = rest.findIndex((host) => host.site !== site);
    const to = from + (other < 0 ? rest.length : other);
    pages.push({ ...(site === undefined ? {} : { site }), from, to });
    from = to;
  }
  return pages;
}
