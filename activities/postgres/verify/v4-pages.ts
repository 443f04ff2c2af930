import type { Ended } from "../port";
import { discard, type Judged, judged, said } from "./judged";

export const pagesScript = `exec pg_checksums --check -D "$1"`;

/** V4, from `pg_checksums --check` on the scratch copy after its clean stop; a cluster without checksums has none to check. */
export function judgePages(tool: Ended): Judged {
  const text = tool.stdout + tool.stderr;
  if (/data checksums are not enabled/.test(text))
    return {
      ...{ level: "V4", verdict: "not possible", measured: "no checksums" },
      reason: "the cluster was made without page checksums",
      hint: "Enable them one day (pg_checksums --enable on a stopped server): then every copy can be proven page by page.",
    };
  const count = (name: string) =>
    /(\d+)$/.exec(
      new RegExp(`^${name}: +\\d+$`, "m").exec(text)?.[0] ?? "",
    )?.[1];
  const [blocks, bad] = [count("Blocks scanned"), count("Bad checksums")];
  const measured = `${bad ?? "?"} of ${blocks ?? "?"} pages bad`;
  const faults = [];
  if (
    tool.exitCode !== 0 ||
    bad !== "0" ||
    blocks === undefined ||
    blocks === "0"
  )
    faults.push({
      reason: `pg_checksums ended with ${tool.exitCode}: ${said(text)}`,
      hint: discard,
    });
  return judged(
    "V4",
    measured,
    faults,
    "every page of the replayed copy carries its checksum",
  );
}
