import type { GatewayFacts } from "../../../activities/egress/port";
import { egressSchema } from "../../../activities/egress/schema";
import { hostSchema } from "../../../activities/inventory/port";
import { sshError } from "../../../activities/ssh/errors";
import { type ExecResult, sshAccessSchema } from "../../../activities/ssh/port";
import { checksOfEgress } from "../../../cli/doctor/egress";
import { egressSection } from "../../runbooks/egress-migration/egress-rig";

const hosts = ["gw-1", "gw-2", "gw-s", "st-1", "web-1"].map((id) =>
  hostSchema.parse({ id, address: "127.0.0.1" }),
);

interface Seen {
  readonly faults?: Readonly<Record<string, readonly string[]>>;
  readonly curl?: string;
  readonly lacks?: string;
  readonly away?: string;
}

async function checks(section: object, seen: Seen = {}) {
  const settings = egressSchema.parse(section);
  const target = {
    ...{ name: "prod", settings, hosts },
    access: sshAccessSchema.parse({}),
  };
  const found = await checksOfEgress(target, {
    egress: {
      inspect: async ({ id }): Promise<GatewayFacts> => {
        if (seen.away === id)
          throw sshError("unreachable", { seen: `no answer from ${id}` });
        return {
          ...{ gateway: id, kernel: "6.1.0", entries: 1, mostEntries: 9 },
          ...{ portHoldS: 120, faults: seen.faults?.[id] ?? [] },
        };
      },
    },
    ssh: {
      exec: async (_, { argv }) => {
        const words = argv.join(" ");
        const isLacking =
          seen.lacks !== undefined && words.includes(seen.lacks);
        const stdout = words.includes("curl")
          ? (seen.curl ?? "curl 7.88.1")
          : "";
        return {
          ...{ exitCode: isLacking ? 1 : 0, stdout, stderr: "" },
          ...{ stdoutBytes: 0, stderrBytes: 0, durationMs: 1 },
        } satisfies ExecResult;
      },
    },
  });
  return found
    .filter(({ verdict }) => verdict !== "pass")
    .map(({ name, seen: text }) => `${name}: ${text}`);
}

const listed = {
  ...egressSection,
  publishedList: { host: "web-1", path: "/srv/www/egress.json" },
};

describe("runbook doctor at gateways", () => {
  it("finds nothing to mend where all is well", async () => {
    expect(await checks(listed)).toEqual([]);
  });

  it("tells what each gateway says, and one that does not answer beside the others", async () => {
    const faults = { "gw-1": ["nft is not installed", "it forwards nothing"] };
    expect(await checks(listed, { faults, away: "gw-s" })).toEqual([
      "gateway gw-1: nft is not installed\nit forwards nothing",
      "gateway gw-s: no answer from gw-s",
    ]);
  });

  it.each(["curl 7.74.0", ""])(
    "wants a curl that tells how it ended: %p",
    async (curl) => {
      expect(await checks(egressSection, { curl })).toHaveLength(3);
    },
  );

  it("takes a curl of a later major version", async () => {
    expect(await checks(egressSection, { curl: "curl 8.5.0" })).toEqual([]);
  });

  it("wants python3 where load is put on, and a folder for the list", async () => {
    expect(await checks(listed, { lacks: "python3" })).toEqual([
      "python3 on st-1: not installed",
    ]);
    expect(await checks(listed, { lacks: "/srv/www" })).toEqual([
      "published list of prod: /srv/www on web-1 is missing or cannot be written",
    ]);
  });

  it("names what is wrong in the section itself", async () => {
    const [first] = await checks({ ...egressSection, allowsPrivate: false });
    expect(first).toContain("egress.gateways.gw-1.old[0]: found");
  });
});
