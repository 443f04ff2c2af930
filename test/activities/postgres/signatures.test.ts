import { signatures } from "../../../activities/postgres/signature-table";
import {
  failureOfLog,
  failureOfProgram,
  failureOfSql,
} from "../../../activities/postgres/signatures";
import { recordedFailures } from "./recorded-failures";
import type { RecordedFailure } from "./recorded-failures/recorded";

function failureOf({ sql, program, log }: RecordedFailure) {
  if (sql !== undefined) return failureOfSql(sql, place);
  if (program !== undefined)
    return failureOfProgram({ ...program, stdout: "", stderr: program.output });
  return failureOfLog(log ?? "", "db-01");
}

const place = { address: "10.0.0.1", port: 5432 };

describe("a recorded failure", () => {
  it.each(recordedFailures)("is $kind when $when ($from)", (recorded) => {
    expect(failureOf(recorded)?.type).toBe(`postgres.${recorded.kind}`);
  });
});

describe("a code", () => {
  it.each([
    ["08006", "connectionLost"],
    ["08001", "unreachable"],
    ["25006", "readOnly"],
    ["28P01", "authFailed"],
    ["28000", "authFailed"],
    ["3D000", "noDatabase"],
    ["40001", "conflicted"],
    ["40P01", "conflicted"],
    ["42501", "notPermitted"],
    ["53100", "diskFull"],
    ["53200", "outOfMemory"],
    ["53300", "tooManyConnections"],
    ["55P03", "lockTimeout"],
    ["57P01", "connectionLost"],
    ["57P03", "notAccepting"],
    ["XX001", "pageDamaged"],
    ["ECONNREFUSED", "unreachable"],
    ["ETIMEDOUT", "unreachable"],
    ["EAI_AGAIN", "unreachable"],
    ["ECONNRESET", "connectionLost"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tlsRefused"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tlsRefused"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tlsRefused"],
  ] as const)("%s means %s in a language we do not read", (code, kind) => {
    const { type } = failureOfSql({ code, message: "Das ging schief" }, place);
    expect(type).toBe(`postgres.${kind}`);
  });

  it("says more than a text that another code goes with", () => {
    const { type } = failureOfSql(
      {
        code: "42P01",
        message:
          'relation "replication slot "x" already exists" does not exist',
      },
      place,
    );
    expect(type).toBe("postgres.unexpected");
  });

  it("of a server's own making is told as it was seen, to a person", () => {
    const error = failureOfSql(
      { code: "P0001", message: "no upgrades today", detail: "says Ada" },
      place,
    );
    expect(error).toMatchObject({
      type: "postgres.unexpected",
      failureClass: "human",
      seen: "10.0.0.1:5432: no upgrades today; says Ada (P0001)",
    });
  });

  it("without any words is told as well", () => {
    const { seen } = failureOfSql({ code: "ECONNREFUSED", message: "" }, place);
    expect(seen).toBe("10.0.0.1:5432: no answer (ECONNREFUSED)");
  });
});

describe("a program's end", () => {
  const endOf = (exitCode: number, output = "") =>
    failureOfProgram({
      program: "pg_dump",
      exitCode,
      stdout: "",
      stderr: output,
    });

  it.each([
    [127, "noProgram"],
    [126, "badPermissions"],
    [137, "programStopped"],
    [1, "unexpected"],
  ] as const)("with %d alone is %s", (exitCode, kind) => {
    expect(endOf(exitCode).type).toBe(`postgres.${kind}`);
  });

  it("is told with the lines that complain, and without the others", () => {
    const progress = Array.from({ length: 50 }, (_, at) => `${at}% done`);
    const output = [...progress, "pg_dump: error: the moon is full"].join("\n");
    expect(endOf(1, output).seen).toBe(
      "pg_dump ended with 1: pg_dump: error: the moon is full",
    );
  });

  it("is told with its last lines when none complains", () => {
    expect(endOf(1, "one\ntwo").seen).toBe("pg_dump ended with 1: one; two");
    expect(endOf(1).seen).toBe("pg_dump ended with 1: no output");
  });
});

describe("a server's log", () => {
  it("says what failed last", () => {
    const log = `LOG:  requested WAL segment 000000010000000000000005 has already been removed
FATAL:  could not start WAL streaming: ERROR:  replication slot "x" does not exist
LOG:  waiting for WAL to become available at 0/5000130`;
    expect(failureOfLog(log, "db-02")).toMatchObject({
      type: "postgres.slotGone",
      seen: 'log of db-02: FATAL:  could not start WAL streaming: ERROR:  replication slot "x" does not exist',
    });
  });

  it("of a healthy server says nothing", () => {
    const log = "LOG:  database system is ready to accept connections\n";
    expect(failureOfLog(log, "db-02")).toBeUndefined();
  });
});

describe("the table of signatures", () => {
  it("has a recorded text for each of its rows", () => {
    const recorded = new Set(recordedFailures.map(({ kind }) => kind));
    const bare = signatures
      .map(({ kind }) => kind)
      .filter((kind) => !recorded.has(kind));
    expect(bare).toEqual([]);
  });
});
