import { readControlData } from "../../../activities/postgres/control-data";

/** Recorded: PostgreSQL 15, the lines that are read and some that are not. */
const recorded = `pg_control version number:            1300
Database system identifier:           7712609820672506039
Database cluster state:               shut down in recovery
pg_control last modified:             Thu Nov 26 22:00:00 2026
Latest checkpoint location:           0/40000D8
Latest checkpoint's REDO location:    0/40000A0
Latest checkpoint's TimeLineID:       2
Latest checkpoint's NextXID:          1:837
`;

describe("what pg_controldata says", () => {
  it("is read, with the epoch in the transaction id", () => {
    expect(readControlData(recorded)).toEqual({
      systemIdentifier: "7712609820672506039",
      state: "shut down in recovery",
      checkpoint: "0/40000D8",
      timeline: 2,
      nextXid: String(2 ** 32 + 837),
    });
  });

  it.each([
    ["a fact is missing", /^Database cluster state.*\n/m, ""],
    ["a state is unknown", "shut down in recovery", "heruntergefahren"],
    ["a transaction id is none", "1:837", "837"],
    [
      "its file is damaged, as 15 says it",
      /^/,
      "WARNING: Calculated CRC checksum does not match value stored in file.\n",
    ],
    [
      "its file is damaged, as newer ones say it",
      /^/,
      "pg_controldata: warning: calculated CRC checksum does not match value stored in control file\n",
    ],
  ])("is nothing where %s", (_, what, instead) => {
    expect(readControlData(recorded.replace(what, instead))).toBeUndefined();
  });
});
