import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabSettings } from "./options";

/** What the configuration says of `app-ctl`, the lab hosts' own tool. */
const verbs = [
  ["precheck"],
  ["drain"],
  ["fetch", "{{version}}"],
  ["apply", "{{version}}"],
  ["restart"],
  ["ready"],
  ["version"],
  ["undrain"],
  ["undo"],
] as const;

/** Writes the operator's configuration file for a lab; paths in it are relative to it. Returns its path. */
export function writeLabConfig(
  { dir, user, minReadyS }: Pick<LabSettings, "dir" | "user" | "minReadyS">,
  ofTarget: readonly string[] = [],
): string {
  const file = join(dir, "runbooks.yaml");
  const steps = verbs.map(([verb, ...words]) => {
    const run = ["app-ctl", verb, ...words.map((word) => JSON.stringify(word))];
    return `      ${verb}: { run: [${run.join(", ")}] }`;
  });
  const lines = [
    "targets:",
    "  lab:",
    "    inventory: { file: inventory.json }",
    "    ssh:",
    `      user: ${user}`,
    "      identities: [{ key: id_ed25519 }]",
    "      knownHosts: [known_hosts]",
    ...ofTarget.map((line) => `    ${line}`),
    "components:",
    "  app:",
    `    minReadyS: ${minReadyS}`,
    "    readyPollS: 0.2",
    "    steps:",
    ...steps,
    "",
  ];
  writeFileSync(file, lines.join("\n"));
  return file;
}
