import {
  resourcesInDoubt,
  resourcesOf,
} from "../../../runbooks/fleet-upgrade/resources";
import {
  freshItem,
  freshOrder,
  type Item,
} from "../../../workflows/rollout/state";
import { hostsOf } from "./samples";

const hosts = hostsOf({ web: 2, app: 1 });
const locked = (
  selection?: Parameters<typeof resourcesOf>[0]["selection"],
  meant = hosts,
) =>
  resourcesOf({
    ...{ target: "eu", hosts: meant },
    ...(selection === undefined ? {} : { selection }),
  });

describe("a run locks", () => {
  it("the whole target when it means all of it, or what may be anywhere tomorrow", () => {
    expect(locked()).toEqual(["eu"]);
    expect(locked({ globs: ["web-*"] })).toEqual(["eu"]);
    expect(locked({ tags: { role: "front" } })).toEqual(["eu"]);
    expect(locked({ exclude: { ids: ["web-01"] } })).toEqual(["eu"]);
  });

  it("the pools that it names, whichever hosts they have now", () => {
    expect(locked({ pools: ["web", "app"], tags: { a: "b" } })).toEqual([
      "eu/web",
      "eu/app",
    ]);
  });

  it("single hosts, and their pools when they are many", () => {
    expect(locked({ ids: ["x"] })).toEqual(
      hosts.map(({ id, pool }) => `eu/${pool}/${id}`),
    );
    const many = hostsOf({ web: 100, app: 1 });
    expect(locked({ ids: ["x"] }, many)).toEqual(["eu/web", "eu/app"]);
  });
});

it("hosts that failed and were not mended are in doubt after a run", () => {
  const failure = { type: "t", step: "apply", message: "m", cause: "c" };
  const items: Item[] = [
    { kind: "quarantined", order: freshOrder, failure },
    { kind: "finished", outcome: "upgraded", touched: true },
    freshItem,
    { kind: "excluded", failure },
  ];
  const rows = ["a", "b", "c", "d"].map((id) => ({ id, pool: "web" }));
  expect(resourcesInDoubt("eu", items, rows)).toEqual(["eu/web/a", "eu/web/d"]);
});
