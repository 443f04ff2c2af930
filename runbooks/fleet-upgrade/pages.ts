import type { Host } from "../../activities/inventory/port";
import type { FleetPlan, PlanRow } from "./contract";

/** A page is a payload of history: it must stay well under what the server takes, whatever hosts are called. */
const mostRows = 500;
const mostBytes = 48_000;

export interface PlanPage {
  readonly rows: readonly PlanRow[];
  /** Of the whole plan. */
  readonly pages: number;
}

const pagesOf = new WeakMap<object, PlanRow[][]>();

/** The rows of one page, from 0 on; none behind the last one. */
export function pageOf(plan: Pick<FleetPlan, "hosts">, page: number): PlanPage {
  const pages = pagesOf.get(plan) ?? split(plan.hosts.map(rowOf));
  pagesOf.set(plan, pages);
  return { rows: pages[page] ?? [], pages: pages.length };
}

function split(rows: readonly PlanRow[]): PlanRow[][] {
  const encoder = new TextEncoder();
  const pages: PlanRow[][] = [];
  let left = 0;
  for (const row of rows) {
    const size = encoder.encode(JSON.stringify(row)).length + 1;
    const page = pages.at(-1);
    if (page === undefined || page.length === mostRows || size > left) {
      pages.push([row]);
      left = mostBytes - size;
    } else {
      page.push(row);
      left -= size;
    }
  }
  return pages;
}

export function rowOf({ id, pool, zone, site, jump }: Host): PlanRow {
  // From near to far: the nearest one is the one whose connections are few.
  const [nearest] = jump ?? [];
  return {
    id,
    pool,
    ...(zone === undefined ? {} : { zone }),
    ...(site === undefined ? {} : { site }),
    ...(nearest === undefined ? {} : { jump: nearest }),
  };
}
