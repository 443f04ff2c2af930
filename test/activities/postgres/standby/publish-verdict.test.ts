import { readPublishLook } from "../../../../activities/postgres/standby/publish-look";
import {
  isOurPublication,
  publishVerdict,
  type PublishWish,
} from "../../../../activities/postgres/standby/publish-verdict";
import { runMark } from "../../../../activities/postgres/run-mark";

const run = runMark({ workflowId: "w", rootRunId: "r" });
const wish: PublishWish = {
  run,
  systemIdentifier: "7",
  attemptPath: "/pg/backups/attempts/a-1",
  dataDirectory: "/pg/data",
};
const owner = JSON.stringify({ workflowId: "w", rootRunId: "r" });
const ready = {
  attempt: "full",
  attemptInode: "11",
  data: "absent",
  spaces: "absent",
  dataSpaces: "absent",
  workDevice: "/pg",
  dataDevice: "/pg",
  parent: "writable",
  owner,
} as const;
const whole = [
  "PG_VERSION",
  "global/pg_control",
  "backup_label",
  "postgresql.conf",
];

const look = (
  other: Readonly<Record<string, string>> = {},
  files = whole,
  system = "7",
) =>
  readPublishLook(
    [
      ...Object.entries({ ...ready, ...other }).map((pair) => pair.join(" ")),
      ...files.map((file) => `has ${file}`),
      `Database system identifier:           ${system}`,
    ].join("\n"),
  );

describe("a copy", () => {
  it.each([["absent"], ["empty"]])(
    "is published where the data directory is %s",
    (data) => {
      expect(publishVerdict(look({ data }), wish)).toEqual({ kind: "publish" });
    },
  );

  it.each([
    [
      "the data directory holds files",
      look({ data: "full" }),
      "/pg/data is not empty",
    ],
    [
      "the data directory is a link",
      look({ data: "link" }),
      "/pg/data is a symbolic link",
    ],
    ["the attempt is a link", look({ attempt: "link" }), "is a symbolic link"],
    ["there is no attempt", look({ attempt: "absent" }), "is absent"],
    [
      "nobody says whose it is",
      look({ owner: "" }),
      "not marked as this run's",
    ],
    [
      "it is another run's",
      look({ owner: JSON.stringify({ workflowId: "w", rootRunId: "x" }) }),
      "not marked as this run's",
    ],
    [
      "its backup_label is missing",
      look(
        {},
        whole.filter((f) => f !== "backup_label"),
      ),
      "lacks backup_label",
    ],
    ["it is of another cluster", look({}, whole, "8"), "of cluster 8"],
    [
      "its configuration lies elsewhere",
      look({}, whole.slice(0, 3)),
      "has no postgresql.conf",
    ],
    [
      "it has a map of the primary's tablespaces",
      look({ tablespaceMap: "there" }),
      "tablespace_map",
    ],
    ["a rename would copy", look({ dataDevice: "/" }), "file system of /pg"],
    [
      "the file system is not known",
      look({ workDevice: "", dataDevice: "" }),
      "unknown",
    ],
    [
      "the folder above may not be written",
      look({ parent: "no" }),
      "cannot be written to",
    ],
    [
      "tablespaces lie where its own go",
      look({ spaces: "full", dataSpaces: "full" }),
      "/pg/data.tblspc is not empty",
    ],
  ])("is refused where %s", (_, seen, word) => {
    const verdict = publishVerdict(seen, wish);
    expect(verdict).toMatchObject({ kind: "refuse" });
    expect(JSON.stringify(verdict)).toContain(word);
  });
});

describe("a data directory", () => {
  const publication = (other: Readonly<Record<string, string>> = {}) =>
    JSON.stringify({
      ...{ workflowId: "w", rootRunId: "r", systemIdentifier: "7" },
      ...{ attempt: wish.attemptPath, inode: "11", ...other },
    });
  const renamed = (published: string, dataInode = "11", system = "7") =>
    look(
      { attempt: "absent", data: "full", dataInode, published },
      whole,
      system,
    );

  it("was published already when it is the folder that this run renamed", () => {
    expect(publishVerdict(renamed(publication()), wish)).toEqual({
      kind: "already",
    });
  });

  it.each([
    ["another folder has taken its place", renamed(publication(), "12")],
    ["another run renamed it", renamed(publication({ rootRunId: "x" }))],
    [
      "it was another attempt",
      renamed(publication({ attempt: "/pg/backups/attempts/a-2" })),
    ],
    ["it holds another cluster", renamed(publication(), "11", "8")],
    ["nothing is written down", renamed("")],
    ["what is written down is damaged", renamed("{")],
  ])("is not the run's when %s", (_, seen) => {
    expect(isOurPublication(seen, wish)).toBe(false);
    expect(publishVerdict(seen, wish)).toMatchObject({ kind: "refuse" });
  });
});
