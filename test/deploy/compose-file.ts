import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";

export const root = path.resolve(__dirname, "../..");

export interface ComposeService {
  readonly build?: string;
  readonly image: string;
  readonly user: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<
    Record<string, { readonly condition: string }>
  >;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly string[];
  readonly restart: string;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export function readCompose(): ComposeFile {
  const text = readFileSync(path.join(root, "docker-compose.yml"), "utf8");
  return parse(text, { merge: true }) as ComposeFile;
}

/** Instructions of the Dockerfile, continuation lines joined. */
export function readDockerfile(): readonly {
  readonly name: string;
  readonly rest: string;
}[] {
  return readFileSync(path.join(root, "Dockerfile"), "utf8")
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name = "", ...rest] = line.split(" ");
      return { name, rest: rest.join(" ") };
    });
}

/** The words of the last CMD, which is in exec form. */
export function imageCommand(): string[] {
  const command = readDockerfile().findLast(({ name }) => name === "CMD");
  return JSON.parse(command?.rest ?? "[]") as string[];
}
