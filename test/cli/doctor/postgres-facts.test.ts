import type { PostgresServer } from "../../../activities/postgres/port";
import type { HostFacts } from "../../../activities/postgres/preflight/facts";
import { programsOnReplica } from "../../../activities/postgres/preflight/judge-host";
import {
  foldersOf,
  passfileOf,
  programsOf,
} from "../../../cli/doctor/postgres-facts";

const server = {
  ...{ id: "db-2", osUser: "postgres", major: 15 },
  ...{ dataDirectory: "/pg/15/main", workFolder: "/pg/rb" },
  replication: { user: "repl", passfile: "/pg/.pgpass", sslmode: "require" },
} as PostgresServer;
const programs = (version: string) =>
  Object.fromEntries(programsOnReplica(15).map((name) => [name, version]));
const facts = (over: Partial<HostFacts> = {}) =>
  ({
    ...{ programs: programs("15.18"), mayWriteData: true, mayWriteWork: true },
    dataSpace: { mount: "/pg", freeBytes: 1 },
    workSpace: { mount: "/pg", freeBytes: 1 },
    files: { "/pg/.pgpass": true },
    ...over,
  }) as HostFacts;
const programsIn = (over: Partial<HostFacts>, isPrimary = false) =>
  programsOf(server, facts(over), isPrimary, undefined);

describe("the programs of a host", () => {
  it("pass when all of them are of the primary's major version", () => {
    expect(programsIn({})).toEqual({
      verdict: "pass",
      seen: "PostgreSQL 15.18; no pgBackRest, which only `backup.method: pgbackrest` needs",
    });
  });

  it("fail by name when one is missing, or of another version", () => {
    const some = { ...programs("15.18"), pg_amcheck: "-", pg_dump: "14.9" };
    expect(programsIn({ programs: some })).toMatchObject({
      ...{
        verdict: "fail",
        seen: "pg_dump 14.9 on db-2, db-2 has no pg_amcheck",
      },
    });
  });

  it("may be fewer on a primary, which is not copied to", () => {
    const few = { ...programs("15.18"), pg_basebackup: "-" };
    expect(programsIn({ programs: few }, true).verdict).toBe("pass");
    expect(programsIn({ programs: few }).verdict).toBe("fail");
  });

  it("fail where there is no PostgreSQL at all, and nobody knows which is wanted", () => {
    const found = programsOf(
      { ...server, major: undefined },
      ...([facts({ programs: programs("-") }), false, undefined] as const),
    );
    expect(found).toMatchObject({
      ...{ verdict: "fail", seen: "no PostgreSQL in the usual folders" },
    });
  });
});

describe("the folders of a replica", () => {
  it("pass on one file system", () => {
    expect(foldersOf(server, facts())).toMatchObject({ verdict: "pass" });
  });

  it.each([
    [{ mayWriteData: false }, "postgres may not make /pg/15/main"],
    [{ mayWriteWork: false }, "postgres may not make or fill /pg/rb"],
    [
      { workSpace: { mount: "/", freeBytes: 1 } },
      "/pg/rb is on /, /pg/15/main on /pg",
    ],
  ])("fail with %j", (over, seen) => {
    expect(foldersOf(server, facts(over))).toMatchObject({
      ...{ verdict: "fail", seen },
    });
  });
});

test("a password file must be readable for the server's user", () => {
  expect(passfileOf(server, facts())[0]?.verdict).toBe("pass");
  expect(passfileOf(server, facts({ files: {} }))[0]?.verdict).toBe("fail");
});
