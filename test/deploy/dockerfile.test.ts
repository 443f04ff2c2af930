import { imageCommand, readDockerfile } from "./compose-file";

const instructions = readDockerfile();
const all = (wanted: string) =>
  instructions.filter(({ name }) => name === wanted).map(({ rest }) => rest);
const lastStage = instructions.slice(
  instructions.findLastIndex(({ name }) => name === "FROM"),
);

describe("the worker's image", () => {
  it("is built in two stages on one exact version of Node", () => {
    const bases = all("FROM").map((from) => from.split(" ")[0]);
    expect(bases).toHaveLength(2);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^node:20\.\d+\.\d+-bookworm-slim$/);
  });

  it("installs what the lock file says, and leaves the tools behind", () => {
    expect(all("RUN").join("\n")).toContain("npm ci");
    expect(all("RUN").join("\n")).toContain("npm prune --omit=dev");
    expect(lastStage.map(({ rest }) => rest).join("\n")).not.toContain("npm");
  });

  it("is not run by root", () => {
    const user = lastStage.findIndex(({ name }) => name === "USER");
    const command = lastStage.findIndex(({ name }) => name === "CMD");
    expect(lastStage[user]?.rest).toBe("node");
    expect(user).toBeLessThan(command);
  });

  it("says whether its worker polls", () => {
    expect(all("HEALTHCHECK").join()).toContain(
      '["node", "dist/workers/health.js"]',
    );
  });

  it("starts the worker, with signals that reach it", () => {
    expect(imageCommand()).toEqual(["node", "dist/workers/main.js"]);
  });
});
