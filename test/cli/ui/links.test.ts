import { savedViews, startFormLink, viewLink } from "../../../cli/ui/links";

const place = { base: "https://ui.example", namespace: "infra prod" };
const root = "https://ui.example/namespaces/infra%20prod/workflows";

describe("links of the Web UI", () => {
  it("fill the start form in from a run", () => {
    expect(
      startFormLink(place, {
        runId: "01-a",
        workflowType: "fleetUpgrade",
        taskQueue: "run books",
      }),
    ).toBe(
      `${root}/start-workflow?runId=01-a&workflowType=fleetUpgrade&taskQueue=run+books`,
    );
  });

  it("carry a list's query", () => {
    const view = { name: "x", query: 'RunbookTarget = "prod-eu" AND a > 1' };
    expect(viewLink(place, view)).toBe(
      `${root}?query=RunbookTarget%20%3D%20%22prod-eu%22%20AND%20a%20%3E%201`,
    );
  });

  it("are there for each target that was named", () => {
    const names = savedViews(["prod-eu", "prod-us"]).map(({ name }) => name);
    expect(names).toEqual([
      ...["running", "waiting for a person", "blocked by a failure", "paused"],
      ...["target prod-eu", "target prod-us"],
    ]);
  });
});
