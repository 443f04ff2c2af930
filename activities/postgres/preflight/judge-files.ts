/** Whether a copy would start, and sort as its primary does. Pure. */

import type { DatabaseSeen, HostFacts } from "./facts";
import {
  neededPaths,
  outsideFiles,
  insideFiles,
  preloaded,
  standbySettings,
} from "./needed-files";
import { fail, type Judges, measured, pass, warn } from "./verdicts";

export const filesJudges: Judges<
  "collations" | "configuration files" | "standby settings" | "libraries"
> = {
  collations: ({ databases, primaryHost, replicaHost }) =>
    measured(
      { databases, primary: primaryHost, replica: replicaHost },
      ({ databases: all, primary, replica }) => {
        const wrong = unlike(all, primary, replica);
        const told = {
          measured:
            wrong.length === 0
              ? `${replica.libc}, ICU ${replica.icu}`
              : wrong.join("; "),
          limit: `${primary.libc}, ICU ${primary.icu}, and the same order of words`,
        };
        return wrong.length === 0
          ? pass({ ...told, reason: "indexes on text stay in order" })
          : fail({
              ...{ ...told, reason: "indexes on text would be out of order" },
              hint: "Give the replica the primary's operating system release and locales; where the primary's own indexes are older than its library, REINDEX them and ALTER DATABASE ... REFRESH COLLATION VERSION.",
            });
      },
    ),
  "configuration files": ({ settings, primaryHost, replicaHost, paths }) =>
    measured(
      { settings, primary: primaryHost, replica: replicaHost },
      ({ settings: values, primary, replica }) => {
        const outside = outsideFiles(values);
        const copied = insideFiles(paths.primaryData).every(
          (path) => primary.files[path] === true,
        );
        const missing = neededPaths(values).filter(
          (path) => replica.files[path] !== true,
        );
        const told = {
          measured:
            [
              ...outside.map((path) => `${path} is not copied`),
              ...missing.map((path) => `the replica's host has no ${path}`),
            ].join("; ") || "all in the data directory",
          limit: "all in the data directory, or there on the replica's host",
        };
        if (missing.length > 0 || (outside.length > 0 && !copied))
          return fail({
            ...{ ...told, reason: "the copy would not start" },
            hint: `Put a postgresql.conf and a pg_hba.conf for the standby into ${paths.primaryData}: they are copied, and a primary that is started with others does not read them. Make the other paths on the replica's host.`,
          });
        return outside.length > 0
          ? warn({
              ...told,
              reason:
                "the copy starts by the files in the data directory, which the primary does not read",
              hint: "See that they fit the standby.",
            })
          : pass({ ...told, reason: "the copy brings its configuration" });
      },
    ),
  "standby settings": ({ settings, startSettings }) =>
    measured(
      { settings, startSettings },
      ({ settings: running, startSettings: copied }) => {
        const lower = standbySettings.filter(
          (name) => !(Number(copied[name]) >= Number(running[name])),
        );
        const words = (names: readonly string[]): string =>
          names.map((name) => `${name} ${copied[name] ?? "?"}`).join(", ");
        const told = {
          measured: words(lower.length === 0 ? standbySettings : lower),
          limit: `at least ${(lower.length === 0 ? standbySettings : lower).map((name) => `${name} ${running[name]}`).join(", ")}`,
        };
        return lower.length === 0
          ? pass({ ...told, reason: "the copy starts as a standby" })
          : fail({
              ...{ ...told, reason: "the copy would not start as a standby" },
              hint: "Raise them in the postgresql.conf of the primary's data directory; what stands on its command line is not copied.",
            });
      },
    ),
  libraries: ({ settings, startSettings, replicaHost }) =>
    measured(
      { settings, startSettings, replica: replicaHost },
      ({ settings: running, startSettings: copied, replica }) => {
        const wanted = [
          ...new Set([...preloaded(running), ...preloaded(copied)]),
        ];
        const missing = wanted.filter(
          (name) => replica.libraries[name] !== true,
        );
        const told = {
          measured:
            missing.length === 0
              ? wanted.join(", ") || "none"
              : `no ${missing.join(", ")}`,
          limit: "every library of shared_preload_libraries",
        };
        return missing.length === 0
          ? pass({
              ...told,
              reason: "the server's libraries are installed there",
            })
          : fail({
              ...{ ...told, reason: "the copy would not start" },
              hint: "Install the packages of these extensions on the replica's host.",
            });
      },
    ),
};

/** Sorting follows from a program's library alone: its version, and what it makes of the same words, on both hosts. */
function unlike(
  databases: readonly DatabaseSeen[],
  primary: HostFacts,
  replica: HostFacts,
): string[] {
  const stale = databases.filter(
    ({ recorded, actual }) =>
      recorded !== undefined && actual !== undefined && recorded !== actual,
  );
  const locales = [...new Set(databases.flatMap((one) => one.locales))];
  const usesIcu = databases.some(({ provider }) => provider === "icu");
  return [
    ...stale.map(
      ({ name, recorded, actual }) =>
        `indexes of ${name} are of version ${recorded}, the library is ${actual}`,
    ),
    ...locales.flatMap((name) => localeFault(name, primary, replica)),
    ...(locales.length > 0 && primary.libc !== replica.libc
      ? [`${replica.libc} instead of ${primary.libc}`]
      : []),
    ...(usesIcu && primary.icu !== replica.icu
      ? [`ICU ${replica.icu} instead of ${primary.icu}`]
      : []),
  ];
}

function localeFault(
  name: string,
  primary: HostFacts,
  replica: HostFacts,
): string[] {
  const there = replica.locales[name] ?? "-";
  if (there === "-") return [`the replica's host has no locale ${name}`];
  return there === primary.locales[name]
    ? []
    : [`${name} sorts otherwise on the replica's host`];
}
