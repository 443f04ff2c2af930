import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostContract } from "../../../activities/host/port";
import { eventually } from "../../harness/eventually";
import { RecipeHost, recipeShells } from "./recipe-host";

/** No systemd runs where the tests do: a program of its name answers in its words, and notes what it was asked. */
describe.each(recipeShells())(
  "the systemd recipe on a host with %s",
  (shell) => {
    let host: RecipeHost;
    let contract: HostContract;
    let dropIn: string;
    let service: ChildProcess | undefined;

    const properties = (change: Record<string, string> = {}): void => {
      const all = {
        LoadState: "loaded",
        ActiveState: "active",
        SubState: "running",
        Result: "success",
        NRestarts: "0",
        MainPID: "0",
        ...change,
      };
      const lines = Object.entries(all).map(
        ([name, value]) => `${name}=${value}\n`,
      );
      writeFileSync(join(host.home, "properties"), lines.join(""));
    };

    beforeEach(() => {
      host = new RecipeHost(shell);
      const units = join(host.home, "units");
      mkdirSync(units);
      dropIn = join(units, "shop.service.d", "50-upgrade-runbooks.conf");
      host.local.addTool(
        "systemctl",
        `case $1 in
  show) grep "^\${3#--property=}=" ~/properties ;;
  restart) [ ! -e ~/broken ] ;;
esac
code=$?
echo "$*" >>~/asked
exit $code`,
      );
      properties();
      contract = host.contract(
        {
          recipe: {
            kind: "systemd",
            unit: "shop",
            variable: "SHOP_VERSION",
            settleS: 1,
          },
        },
        { RECIPE_UNITS_DIR: units },
      );
    });
    afterEach(() => {
      service?.kill("SIGKILL");
      host.dispose();
    });

    it("names the version in a drop-in, restarts, and asks the process what it is", async () => {
      expect(await host.done(contract, "version")).toBe("");
      await host.done(contract, "precheck");
      await host.done(contract, "apply", { version: "1.4.2" });
      expect(readFileSync(dropIn, "utf8")).toBe(
        "[Service]\nEnvironment=SHOP_VERSION=1.4.2\n",
      );
      await host.done(contract, "restart");
      expect(host.local.read("asked")).toMatch(
        /daemon-reload\nrestart shop\.service\n/,
      );
      service = spawn("sleep", ["60"], {
        env: { PATH: "/usr/bin:/bin", SHOP_VERSION: "1.4.1" },
      });
      properties({ MainPID: String(service.pid) });
      expect(await host.done(contract, "version")).toBe("1.4.1");
    });

    it("goes back to the version before, or to none of ours", async () => {
      await host.done(contract, "apply", { version: "2" });
      await host.done(contract, "undo", { version: "2", previous: "1" });
      expect(readFileSync(dropIn, "utf8")).toContain("SHOP_VERSION=1\n");
      await host.done(contract, "undo", { version: "2" });
      expect(existsSync(dropIn)).toBe(false);
    });

    it("calls a unit ready that runs, and not one that restarts by itself", async () => {
      await host.done(contract, "ready");
      properties({ ActiveState: "activating", SubState: "auto-restart" });
      expect((await host.step(contract, "ready")).stderr).toContain(
        "shop.service is activating/auto-restart",
      );
      properties();
      writeFileSync(join(host.home, "asked"), "");
      const look = host.step(contract, "ready");
      await eventually(
        () => host.local.read("asked").includes("NRestarts") || undefined,
      );
      properties({ NRestarts: "3" });
      expect((await look).stderr).toContain("restarts by itself: 3 times");
    });

    it("refuses a unit that is not there, and tells of a restart that failed", async () => {
      properties({ LoadState: "not-found", Result: "exit-code" });
      expect((await host.step(contract, "precheck")).stderr).toContain(
        "unit shop.service is not-found",
      );
      writeFileSync(join(host.home, "broken"), "");
      expect((await host.step(contract, "restart")).stderr).toContain(
        "systemctl restart shop.service failed: exit-code",
      );
    });
  },
);
