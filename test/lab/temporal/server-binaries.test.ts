import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunCommand } from "../../../lab/temporal/run-command";
import {
  builtServer,
  obtainServer,
  SERVER_VERSION,
} from "../../../lab/temporal/server-binaries";

describe("a production server, built by Go", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "server-cache-"));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** Go in a few words: it says its version, and installs an empty file of the command's name. */
  const go =
    (version: string, calls: string[] = []): RunCommand =>
    async (command, args, { env }) => {
      calls.push([command, ...args].join(" "));
      if (args[0] === "version") return `go version go${version} linux/amd64\n`;
      const name = /\/(\w+)@/.exec(args[1] ?? "")?.[1] ?? "";
      writeFileSync(join(env?.["GOBIN"] ?? "", name), "");
      return "";
    };
  const obtain = (run: RunCommand) =>
    obtainServer({ XDG_CACHE_HOME: home }, 1_000, run);
  const cache = () => join(home, "upgrade-runbooks", "temporal-server");

  it("is built once", async () => {
    const calls: string[] = [];
    expect(builtServer({ XDG_CACHE_HOME: home })).toBeUndefined();
    const built = await obtain(go("1.26.4", calls));
    expect(built).toEqual({
      server: join(cache(), SERVER_VERSION, "server"),
      sqlTool: join(cache(), SERVER_VERSION, "sql"),
    });
    expect(calls.slice(1)).toEqual([
      `go install go.temporal.io/server/cmd/server@v${SERVER_VERSION}`,
      `go install go.temporal.io/server/cmd/tools/sql@v${SERVER_VERSION}`,
    ]);
    expect(
      await obtain(() => Promise.reject(new Error("asked again"))),
    ).toEqual(built);
    expect(readdirSync(cache())).toEqual([SERVER_VERSION]);
  });

  it("may have been built by another process meanwhile", async () => {
    const built = await obtain(async (command, args, options) => {
      const place = join(cache(), SERVER_VERSION);
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, "server"), "");
      return go("1.27.0")(command, args, options);
    });
    expect(built.server).toContain(SERVER_VERSION);
    expect(readdirSync(cache())).toEqual([SERVER_VERSION]);
  });

  it.each<[string, RunCommand, string]>([
    [
      "Go is absent",
      () => Promise.reject(new Error("not found")),
      "go: not found",
    ],
    ["Go is too old", go("1.24.1"), "Go is 1.24.1, too old"],
    [
      "it takes too long",
      (command, args, options) =>
        args[0] === "version"
          ? go("1.26.4")(command, args, options)
          : Promise.reject(new Error("no answer within 1 s")),
      "ended by: no answer within 1 s",
    ],
  ])(
    "is not had when %s, and leaves nothing half-made",
    async (_, run, seen) => {
      await expect(obtain(run)).rejects.toMatchObject({
        type: "temporal.noGo",
        seen: expect.stringContaining(seen),
        hint: expect.stringContaining("Go 1.26.4 or later"),
      });
      expect(builtServer({ XDG_CACHE_HOME: home })).toBeUndefined();
    },
  );
});
