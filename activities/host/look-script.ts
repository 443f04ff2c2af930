import { quoteArgv } from "../ssh/shell";
import type { ExecRequest, ExecResult } from "../ssh/port";
import type { HostLook, LookProblem } from "./port";

/** What the job protocol calls on a host, beside what its shell has built in. */
const tools =
  "cat cut date df head id kill ln mkdir mv rm setsid sleep stat tail wc";

/**
 * Looks at a host and changes nothing. What the host would do comes first, so that of a long answer the end and all the
 * facts are kept. Streams are parted by a mark that no command can know.
 */
const script = `
mark=$1 preview=$2 version=$3
[ -z "$preview" ] || eval "$preview" </dev/null
printf '\\n%s %s\\n' "$mark" "$?"; printf '\\n%s\\n' "$mark" >&2
eval "$version" </dev/null
printf '\\n%s %s\\n' "$mark" "$?"; printf '\\n%s\\n' "$mark" >&2
for tool in ${tools}; do
  command -v "$tool" >/dev/null 2>&1 || printf 'tool %s\\n' "$tool"
done
home=\${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}
[ -d "$home" ] || home=$HOME
[ -w "$home" ] || printf 'home %s\\n' "$home"
printf 'df %s\\n' "$(df -Pk "$home" 2>/dev/null | tail -n 1)"
`;

interface Reading {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface LookRequest {
  /** Parts the answers; nobody on the host may guess it. */
  readonly mark: string;
  readonly version: Reading;
  readonly preview?: Reading | undefined;
}

export function lookArgv({
  mark,
  version,
  preview,
}: LookRequest): ExecRequest["argv"] {
  const line = preview === undefined ? "" : lineOf(preview);
  return ["sh", "-c", script, "runbook", mark, line, lineOf(version)];
}

/** Each command with variables of its own. */
function lineOf({ argv, env }: Reading): string {
  const variables = Object.entries(env).map(
    ([name, value]) => `${name}=${value}`,
  );
  return quoteArgv(["env", ...variables, ...argv]);
}

type Answer = Pick<ExecResult, "stdout" | "stderr">;

/** What a host answered to `lookArgv`. */
export function readLook(
  { stdout, stderr }: Answer,
  { mark, preview }: Pick<LookRequest, "mark" | "preview">,
  freeMb: number,
): Omit<HostLook, "index"> {
  const [shown = "", afterPreview = "", facts = ""] = stdout.split(
    `\n${mark} `,
  );
  const [previewSaid = "", versionSaid = ""] = stderr.split(`\n${mark}\n`);
  const { code: previewCode } = codeAndRest(afterPreview);
  const { code: versionCode, rest: lines } = codeAndRest(facts);
  const answer = codeAndRest(afterPreview).rest.split("\n")[0]?.trim() ?? "";
  const isAnswered = versionCode === "0" && answer !== "";
  const isShown = preview !== undefined && previewCode === "0";
  return {
    problems: [
      ...(isAnswered
        ? []
        : [problem("version", "version", versionCode, versionSaid)]),
      ...(preview === undefined || isShown
        ? []
        : [problem("preview", "preview", previewCode, previewSaid)]),
      ...factProblems(lines.split("\n"), freeMb),
    ],
    ...(isAnswered ? { version: answer } : {}),
    ...(isShown ? { preview: shown.trim() } : {}),
  };
}

/** Behind the mark stands the exit code of the command before it, on a line of its own. */
function codeAndRest(part: string): {
  readonly code: string;
  readonly rest: string;
} {
  const end = part.indexOf("\n");
  return { code: part.slice(0, end), rest: part.slice(end + 1) };
}

function problem(
  what: LookProblem["what"],
  step: string,
  code: string,
  said: string,
): LookProblem {
  const last = said
    .split("\n")
    .findLast((line) => line.trim() !== "")
    ?.trim();
  const ending =
    code === "0" ? `${step} printed nothing` : `${step} exited ${code || "?"}`;
  return {
    what,
    seen: last === undefined ? ending : `${ending}: ${last.slice(0, 300)}`,
  };
}

function factProblems(lines: readonly string[], freeMb: number): LookProblem[] {
  const of = (fact: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${fact} `))
      .map((line) => line.slice(fact.length + 1));
  const missing = of("tool");
  const available = Number(of("df")[0]?.trim().split(/\s+/)[3]);
  return [
    ...(missing.length === 0
      ? []
      : [
          {
            what: "tools",
            seen: `not installed: ${missing.join(", ")}`,
          } as const,
        ]),
    ...of("home").map((folder): LookProblem => ({
      what: "home",
      seen: `${folder} cannot be written to`,
    })),
    ...(Number.isNaN(available)
      ? [{ what: "disk", seen: "df tells nothing of the home folder" } as const]
      : available < freeMb * 1_024
        ? [
            {
              what: "disk",
              seen: `less than ${freeMb} MB free in the home folder`,
            } as const,
          ]
        : []),
  ];
}
