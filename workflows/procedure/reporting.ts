import type {
  ArtifactRef,
  ArtifactStore,
} from "../../activities/artifacts/port";
import { beating } from "../../activities/beating";
import type { ProcedureEntry } from "./ledger";
import {
  type ReportFacts,
  reportCsv,
  reportMarkdown,
  reportOf,
} from "./report";

export interface WrittenReport {
  readonly json: ArtifactRef;
  readonly markdown: ArtifactRef;
  readonly csv: ArtifactRef;
}

export interface ReportingActivities {
  /** Writes the report of a procedure from its ledger. @throws artifacts.* */
  reportProcedure(request: {
    readonly folder: string;
    readonly facts: ReportFacts;
    /** Parts of the ledger in the artifact store, and what came after them. */
    readonly parts: readonly ArtifactRef[];
    readonly entries: readonly ProcedureEntry[];
  }): Promise<WrittenReport>;
}

export function createReportingActivities({
  artifacts,
}: {
  readonly artifacts: Pick<ArtifactStore, "get" | "put">;
}): ReportingActivities {
  return {
    reportProcedure: ({ folder, facts, parts, entries }) =>
      beating(async () => {
        const stored: ProcedureEntry[] = [];
        for (const part of parts)
          stored.push(
            ...(JSON.parse(await artifacts.get(part)) as ProcedureEntry[]),
          );
        const report = reportOf(facts, [...stored, ...entries]);
        const put = (form: string, text: string): Promise<ArtifactRef> =>
          artifacts.put(`${folder}/report.${form}`, text);
        const [json, markdown, csv] = await Promise.all([
          put("json", `${JSON.stringify(report, undefined, 2)}\n`),
          put("md", reportMarkdown(report)),
          put("csv", reportCsv(report)),
        ]);
        return { json, markdown, csv };
      }),
  };
}
