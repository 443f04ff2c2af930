import { existsSync, readFileSync } from "node:fs";
import { authenticatedMissing } from "../harness/authenticated";
import { describeWhen } from "../harness/describe-when";
import { startPostgres, type TestPostgres } from "../harness/postgres";
import { cli, type Said } from "./run-cli";

interface Up {
  readonly users: readonly {
    readonly name: string;
    readonly env: Readonly<Record<string, string>>;
  }[];
}

describeWhen(authenticatedMissing())("runbook lab temporal", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres?.stop());

  it("gives each user a token that the other commands work with, and takes all of it away at the end", async () => {
    const end = new AbortController();
    const { HOME = "", PATH = "", XDG_CACHE_HOME } = process.env;
    let ended: Promise<Said> | undefined;
    const up = await new Promise<Up>((resolve, reject) => {
      let out = "";
      ended = cli(
        [
          "lab",
          "temporal",
          "--json",
          "--user",
          "ada",
          "--user",
          "auditor:read",
        ].concat("--postgres", `${postgres.user}@127.0.0.1:${postgres.port}`),
        {
          env: {
            ...{ HOME, PATH, PGPASSWORD: postgres.password },
            ...(XDG_CACHE_HOME === undefined ? {} : { XDG_CACHE_HOME }),
          },
          interrupted: end.signal,
          onOut: (text) => {
            out += text;
            if (out.endsWith("\n}\n")) resolve(JSON.parse(out) as Up);
          },
        },
      );
      void ended.then((said) => reject(new Error(said.err)));
    });
    const [ada, auditor] = up.users.map(({ env }) => env);
    const { TEMPORAL_API_KEY_FILE: file = "", ...tokenless } = ada ?? {};
    try {
      expect(up.users.map(({ name }) => name)).toEqual(["ada", "auditor"]);
      expect(readFileSync(file, "utf8").split(".")).toHaveLength(3);
      const ask = (env: Record<string, string> = {}) =>
        cli(["status", "no-such-run"], { env });
      expect(await ask(auditor)).toMatchObject({
        code: 3,
        err: expect.stringContaining("no run no-such-run"),
      });
      expect(await ask(tokenless)).toMatchObject({
        code: 4,
        err: expect.stringContaining("refused us"),
      });
    } finally {
      end.abort();
    }
    expect(await ended).toMatchObject({ code: 0, err: "" });
    expect(existsSync(file)).toBe(false);
  }, 120_000);

  it("says what is wrong before it starts anything", async () => {
    const said = async (...words: string[]) =>
      (await cli(["lab", "temporal", ...words], { env: { PGPASSWORD: "x" } }))
        .err;
    expect(await said("--user", "a b")).toContain("--user a b");
    expect(await said("--postgres", "localhost")).toContain("user@host:port");
  });
});
