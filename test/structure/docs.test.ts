import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { balancerFailures } from "../../activities/loadbalancer/errors";
import { calendarDocumentSchema } from "../../activities/calendar/document";
import { calendarFailures } from "../../activities/calendar/errors";
import { sshFailures } from "../../activities/ssh/errors";
import type { Io } from "../../cli/context";
import { exitCodes } from "../../cli/exit-codes";
import { runCli } from "../../cli/program";
import { savedViews } from "../../cli/ui/links";
import { searchAttributes } from "../../lab/temporal/search-attributes";
import { stepTitles } from "../../runbooks/fleet-upgrade/state";

const root = path.resolve(__dirname, "../..");
const read = (file: string): string =>
  readFileSync(path.join(root, file), "utf8");

const silent: Io = {
  env: {},
  out: () => undefined,
  err: () => undefined,
  isTerminal: false,
  size: () => ({ columns: 80, rows: 24 }),
  readStdin: async () => "",
  ask: async () => undefined,
  interrupted: new AbortController().signal,
};

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "deploy/README.md",
  ...readdirSync(path.join(root, "runbooks"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join("runbooks", name, "README.md")),
  ...readdirSync(path.join(root, "docs"), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name)),
];

describe("the documentation", () => {
  it.each(pages)("%s links only to what is there", (page) => {
    const links = [...read(page).matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)]
      .map(([, target]) => target ?? "")
      .filter((target) => !/^https?:/.test(target));
    const dead = links.filter(
      (target) => !existsSync(path.resolve(root, path.dirname(page), target)),
    );
    expect(dead).toEqual([]);
  });

  it("lists every exit code with its meaning", () => {
    const page = read("docs/cli.md");
    for (const { code, meaning } of Object.values(exitCodes))
      expect(page).toMatch(
        new RegExp(
          `\\| ${code} +\\| ${meaning.replace(/[().]/g, "\\$&")} *\\|`,
        ),
      );
  });

  it("tells of every command", async () => {
    const page = read("docs/cli.md");
    let help = "";
    await runCli(["--help"], { ...silent, out: (text) => (help += text) });
    const [, listed = ""] = help.split("Commands:\n");
    const names = [...listed.matchAll(/^ {2}([a-z]+)\b/gm)].map(
      ([, name]) => name ?? "",
    );
    expect(names.length).toBeGreaterThan(20);
    const told = (name: string): boolean =>
      new RegExp(`runbook ([a-z]+(\\\\\\|| ))*${name}\\b`).test(page);
    expect(names.filter((name) => !told(name))).toEqual([]);
  });

  it("names every search attribute, and each list of runs by its query", () => {
    const page = read("docs/console.md");
    const told = [
      ...searchAttributes.map(({ name }) => name),
      ...savedViews(["prod-eu"]).map(({ query }) => query),
    ];
    expect(told.filter((words) => !page.includes(`\`${words}\``))).toEqual([]);
  });

  it("names every failure of the ssh port", () => {
    const page = read("docs/ssh.md");
    const missing = Object.keys(sshFailures).filter(
      (type) => !page.includes(`ssh.${type}`),
    );
    expect(missing).toEqual([]);
  });

  it("names every failure of a load balancer", () => {
    const page = read("docs/balancer.md");
    const missing = Object.keys(balancerFailures).filter(
      (type) => !page.includes(`.${type}\``),
    );
    expect(missing).toEqual([]);
  });

  it("names every failure and every field of a calendar", () => {
    const page = read("docs/windows.md");
    const { shape } = calendarDocumentSchema;
    const names = [
      ...Object.keys(calendarFailures).map((type) => `calendar.${type}`),
      ...Object.keys(shape),
    ];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it("heads the steps of the runbook as the run itself names them", () => {
    const headings = [
      ...read("runbooks/fleet-upgrade/README.md").matchAll(/^## (\d\. .+)$/gm),
    ].map(([, title]) => title);
    expect(headings).toEqual(Object.values(stepTitles));
  });
});
