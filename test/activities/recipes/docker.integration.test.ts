import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { HostContract } from "../../../activities/host/port";
import { RecipeHost, recipeShells } from "./recipe-host";

/**
 * No engine runs where the tests do: a program of its name keeps a folder for each container, answers in the form that
 * `docker inspect` has, and notes what it was asked.
 */
const engine = `
printf '<%s>' "$@" >>~/asked; echo >>~/asked
c=~/containers
case "$1 $2" in
  "version "*) exit 0 ;;
  "pull "*) echo "\${2##*:}: Pulling from shop"; exit 0 ;;
  "image inspect")
    case $4 in *RepoDigests*) echo '["example.com/shop@sha256:d1ge57"]' ;; *) echo '"sha256:f00d"' ;; esac ;;
  "container inspect")
    [ "$3" != --format ] && { [ -d "$c/$3" ]; exit; }
    [ -d "$c/$5" ] || { echo "Error: No such container: $5" >&2; exit 1; }
    case $4 in *State*) cat "$c/$5/state" ;; *) cat "$c/$5/labels" ;; esac ;;
  "stop "*) echo '{"Status":"exited","Running":false,"ExitCode":0}' >"$c/$4/state" ;;
  "start "*) echo '{"Status":"running","Running":true}' >"$c/$2/state" ;;
  "rename "*) mv "$c/$2" "$c/$3" ;;
  "rm "*) rm -rf "$c/$3" ;;
  "run "*)
    mkdir "$c/$4" && echo "{\\"$(echo "$6" | sed 's/=/":"/')\\"}" >"$c/$4/labels"
    echo '{"Status":"running","Running":true}' >"$c/$4/state"
    [ ! -e ~/broken ] || { echo "Bind for 0.0.0.0:80 failed" >&2; exit 125; } ;;
esac
`;

describe.each(recipeShells())(
  "the docker recipe on a host with %s",
  (shell) => {
    let host: RecipeHost;
    let contract: HostContract;
    const containers = (): string[] =>
      readdirSync(join(host.home, "containers")).sort();
    const asked = (): string => host.local.read("asked");
    const stateOf = (name: string): string =>
      join(host.home, "containers", name, "state");
    const bring = async (version: string): Promise<string> => {
      for (const name of ["precheck", "fetch", "apply", "ready"])
        await host.done(contract, name, { version });
      return host.done(contract, "version");
    };

    beforeEach(() => {
      host = new RecipeHost(shell);
      mkdirSync(join(host.home, "containers"));
      host.local.addTool("docker", engine);
      contract = host.contract({
        recipe: {
          kind: "docker",
          image: "example.com/shop",
          container: "shop",
          run: ["-p", "80:8080", "-e", "A=b c"],
          command: ["serve", "--all; rm *"],
        },
      });
    });
    afterEach(() => host.dispose());

    it("runs the pulled image by its id, with its words as they are, and keeps the container before", async () => {
      expect(await bring("1.0")).toBe("1.0");
      expect(asked()).toContain(
        "<run><-d><--name><shop><--label><upgrade-runbooks.version=1.0><-p><80:8080><-e><A=b c><sha256:f00d><serve><--all; rm *>\n",
      );
      expect(await bring("1.1")).toBe("1.1");
      expect(await bring("1.2")).toBe("1.2");
      expect(containers()).toEqual(["shop", "shop.previous"]);
    });

    it("leaves a container alone that runs the version already, and finishes what was cut off", async () => {
      await bring("1.0");
      const runs = (): number => asked().split("<run>").length;
      const before = runs();
      await bring("1.0");
      expect(runs()).toBe(before);
      writeFileSync(stateOf("shop"), '{"Status":"created","Running":false}\n');
      expect(await bring("1.0")).toBe("1.0");
      expect(runs()).toBe(before + 1);
    });

    it("starts the old container again where the new one cannot", async () => {
      await bring("1.0");
      writeFileSync(join(host.home, "broken"), "");
      const { exitCode, stderr } = await host.step(contract, "apply", {
        version: "1.1",
      });
      expect(exitCode).toBe(125);
      expect(stderr).toContain("shop was started again as it was before");
      expect(await host.done(contract, "version")).toBe("1.0");
      expect(containers()).toEqual(["shop"]);
    });

    it("goes back to the kept container, also twice", async () => {
      await bring("1.0");
      await bring("1.1");
      const back = { version: "1.1", previous: "1.0" };
      await host.done(contract, "undo", back);
      await host.done(contract, "undo", back);
      expect(await host.done(contract, "version")).toBe("1.0");
      const lost = await host.step(contract, "undo", {
        version: "1.1",
        previous: "0.9",
      });
      expect(lost.stderr).toContain("no container shop.previous is kept");
    });

    it("believes the health check of an image", async () => {
      await bring("1.0");
      const health = (status: string): string =>
        `{"Status":"running","Running":true,"Health":{"Status":"${status}","FailingStreak":0,"Log":[]}}\n`;
      writeFileSync(stateOf("shop"), health("starting"));
      expect((await host.step(contract, "ready")).exitCode).toBe(1);
      writeFileSync(stateOf("shop"), health("healthy"));
      await host.done(contract, "ready");
      writeFileSync(
        stateOf("shop"),
        '{"Status":"restarting","Running":true}\n',
      );
      expect((await host.step(contract, "ready")).stderr).toContain(
        "does not run",
      );
      expect(await host.done(contract, "version")).toBe("");
      expect(existsSync(stateOf("shop"))).toBe(true);
      expect(readFileSync(stateOf("shop"), "utf8")).toContain("restarting");
    });
  },
);
