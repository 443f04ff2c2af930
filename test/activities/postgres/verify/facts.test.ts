import { readFacts } from "../../../../activities/postgres/verify/facts";

const about = { path: "/pg/backups/attempts/0123456789ab-1", host: "db-2" };

describe("a look at a backup's folder", () => {
  it("is read line by line", () => {
    const facts = readFacts(
      [
        `folder\t${about.path}`,
        "manifest.version\t2",
        "manifest.system\t7712606649778598032",
        "manifest.algorithm\tSHA256",
        "manifest.has\tbackup_label",
        "manifest.range\t1 0/E00028 0/E00100",
        "manifest.checksum\td463",
        "manifest.files\t12",
        "manifest.bytes\t31307844",
        "manifest.bare\t0",
        "manifest.strange\t0",
        "found\tstandby.signal",
        "major\t17",
        "label.start\t0/E00028",
        "label.from\tprimary",
        "label.timeline\t1",
        "control\tDatabase system identifier:           7712606649778598032",
        "tablespace\t16384 /pg/a b",
        "segment\t00000001000000000000000E 1048576 7712606649778598032",
        "history\t00000002.history",
        "end\tok",
        "",
      ].join("\n"),
      about,
    );
    expect(facts).toMatchObject({
      folder: about.path,
      manifest: {
        ...{ version: 2, systemIdentifier: "7712606649778598032", files: 12 },
        ...{ algorithms: ["SHA256"], has: ["backup_label"], checksum: "d463" },
        ranges: [{ timeline: 1, startLsn: "0/E00028", endLsn: "0/E00100" }],
      },
      found: ["standby.signal"],
      major: 17,
      label: { startLsn: "0/E00028", timeline: 1, isIncremental: false },
      control: { "Database system identifier": "7712606649778598032" },
      controlWarning: undefined,
      tablespaces: [{ oid: "16384", place: "/pg/a b" }],
      segments: [{ bytes: 1048576, systemIdentifier: "7712606649778598032" }],
      histories: ["00000002.history"],
    });
  });

  it("is not taken for whole when its end is missing", () => {
    expect(() => readFacts(`folder\t${about.path}\n`, about)).toThrow(
      /did not come to its end/,
    );
  });

  it("keeps what pg_controldata warns of apart from what it says", () => {
    const warning =
      "control\tWARNING: Calculated CRC checksum does not match value stored in file.";
    const facts = readFacts(`${warning}\nend\tok\n`, about);
    expect(facts.controlWarning).toMatch(/CRC/);
    expect(facts.control).toEqual({});
  });
});
