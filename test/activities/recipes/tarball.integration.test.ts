import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import type { HostContract } from "../../../activities/host/port";
import { describeWhen } from "../../harness/describe-when";
import { missingProgram } from "../../harness/missing-program";
import { RecipeHost, recipeShells } from "./recipe-host";

const sumOf = (file: string): string =>
  createHash("sha256").update(readFileSync(file)).digest("hex");

describeWhen(missingProgram("curl", "wget", "python3"))(
  "the tarball recipe",
  () => {
    describe.each(recipeShells())("on a host with %s", (shell) => {
      let host: RecipeHost;
      let dir: string;
      let contract: HostContract;
      let server: Server;
      let shelf: string;
      let requests: string[];

      beforeEach(async () => {
        host = new RecipeHost(shell);
        dir = join(host.home, "opt shop");
        shelf = join(host.home, "shelf");
        mkdirSync(shelf);
        requests = [];
        server = createServer(({ url = "" }, response) => {
          requests.push(url);
          const file = join(shelf, basename(url));
          if (!existsSync(file)) response.writeHead(404).end();
          else response.end(readFileSync(file));
        });
        await new Promise<void>((listening) =>
          server.listen(0, "127.0.0.1", listening),
        );
        const { port } = server.address() as AddressInfo;
        const base = `http://127.0.0.1:${port}`;
        contract = host.contract(
          {
            recipe: {
              kind: "tarball",
              url: `${base}/shop-{{version}}.tar.gz`,
              sha256: { url: `${base}/SHA256SUMS` },
              dir: "/opt/shop",
              strip: true,
              freeMb: 1,
            },
          },
          { RECIPE_DIR: dir },
        );
      });
      afterEach(async () => {
        host.dispose();
        server.closeAllConnections();
        await new Promise((closed) => server.close(closed));
      });

      const list = (): void => {
        const lines = readdirSync(shelf)
          .filter((name) => name.endsWith(".gz"))
          .map((name) => `${sumOf(join(shelf, name))} *${name}\n`);
        writeFileSync(join(shelf, "SHA256SUMS"), lines.join(""));
      };
      const publish = (version: string): void => {
        const top = join(host.home, `shop-${version}`);
        mkdirSync(top);
        writeFileSync(join(top, "app"), `${version}\n`);
        writeFileSync(join(top, ".hidden"), "h\n");
        const archive = join(shelf, `shop-${version}.tar.gz`);
        execFileSync("tar", ["-C", host.home, "-czf", archive, basename(top)]);
        list();
      };
      /** An archive with entries that no tar would write by itself. */
      const publishCrafted = (version: string, python: string): void => {
        const archive = join(shelf, `shop-${version}.tar.gz`);
        const code = `import tarfile,io,sys\nt=tarfile.open(sys.argv[1],"w:gz")\ndef add(n,**k):\n i=tarfile.TarInfo(n)\n for a in k: setattr(i,a,k[a])\n i.size=0 if "linkname" in k else 4\n t.addfile(i,None if "linkname" in k else io.BytesIO(b"evil"))\n${python}\nt.close()`;
        execFileSync("python3", ["-c", code, archive]);
        list();
      };
      const running = (): string =>
        readFileSync(join(dir, "current", "app"), "utf8").trim();

      it("brings version after version, keeps the one before, and goes back", async () => {
        for (const version of ["1.0", "1.1", "1.2"]) {
          publish(version);
          expect(await host.upgrade(contract, version)).toBe(version);
          expect(running()).toBe(version);
        }
        expect(readdirSync(join(dir, "releases")).sort()).toEqual([
          "1.1",
          "1.2",
        ]);
        expect(existsSync(join(dir, "current", ".hidden"))).toBe(true);
        const back = { version: "1.2", previous: "1.1" };
        await host.done(contract, "undo", back);
        expect(running()).toBe("1.1");
        const before = requests.length;
        await host.upgrade(contract, "1.2");
        expect(requests.slice(before)).toEqual(["/SHA256SUMS"]);
      });

      it("unpacks nothing of which the checksum is wrong or unknown", async () => {
        publish("1.0");
        writeFileSync(
          join(shelf, "SHA256SUMS"),
          `${"0".repeat(64)}  shop-1.0.tar.gz\n`,
        );
        const wrong = await host.step(contract, "fetch", { version: "1.0" });
        expect(wrong.exitCode).toBe(1);
        expect(wrong.stderr).toMatch(
          /shop-1\.0\.tar\.gz is [0-9a-f]{64}, expected 0{64}; nothing was unpacked/,
        );
        writeFileSync(join(shelf, "SHA256SUMS"), "");
        const unknown = await host.step(contract, "fetch", { version: "1.0" });
        expect(unknown.stderr).toContain("no checksum is known for 1.0");
        expect(readdirSync(join(dir, "releases"))).toEqual([]);
        expect(readdirSync(join(dir, "downloads"))).not.toContain("1.0.sha256");
      });

      it("refuses a version whose archive is another one by now", async () => {
        publish("1.0");
        await host.upgrade(contract, "1.0");
        writeFileSync(
          join(shelf, "SHA256SUMS"),
          `${"1".repeat(64)}  shop-1.0.tar.gz\n`,
        );
        const { stderr } = await host.step(contract, "fetch", {
          version: "1.0",
        });
        expect(stderr).toContain("release under a new name");
        expect(running()).toBe("1.0");
      });

      it("says that an archive is not there", async () => {
        list();
        writeFileSync(
          join(shelf, "SHA256SUMS"),
          `${"1".repeat(64)}  shop-9.tar.gz\n`,
        );
        const { exitCode, stderr } = await host.step(contract, "fetch", {
          version: "9",
        });
        expect(exitCode).not.toBe(0);
        expect(stderr).toContain("cannot get http://127.0.0.1:");
      });

      it("refuses entries that climb out of their folder", async () => {
        publishCrafted("2.0", 'add("shop/app");add("../../evil")');
        publishCrafted("2.1", 'add("shop/x/../../../evil")');
        for (const version of ["2.0", "2.1"]) {
          const { exitCode, stderr } = await host.step(contract, "fetch", {
            version,
          });
          expect(exitCode).toBe(1);
          expect(stderr).toContain("an entry of the archive climbs out");
        }
        expect(readdirSync(join(dir, "releases"))).toEqual([]);
      });

      it("writes nothing elsewhere through absolute names or links of an archive", async () => {
        const outside = join(host.home, "outside");
        mkdirSync(outside);
        publishCrafted("2.2", `add("${outside}/absolute")`);
        publishCrafted(
          "2.3",
          `add("shop/out",type=tarfile.SYMTYPE,linkname="${outside}");add("shop/out/linked")`,
        );
        for (const version of ["2.2", "2.3"])
          await host.step(contract, "fetch", { version });
        expect(readdirSync(outside)).toEqual([]);
      });

      it("gets by with wget", async () => {
        // The wget of busybox 1.35 on Debian dies here: only the other one is tried.
        if (shell !== "dash") return;
        publish("1.0");
        host.local.keepOnly(
          "sh env setsid tar gzip wget sha256sum mkdir rm mv cat awk grep date dd ln readlink df sleep wc tail head".split(
            " ",
          ),
        );
        expect(await host.upgrade(contract, "1.0")).toBe("1.0");
        expect(running()).toBe("1.0");
      });

      it("refuses to strip what holds more than one folder", async () => {
        publishCrafted("2.4", 'add("one/app");add("two/app")');
        const { stderr } = await host.step(contract, "fetch", {
          version: "2.4",
        });
        expect(stderr).toContain("more than one folder");
      });

      it("takes the artifact of the build, as verified", async () => {
        publish("3.0");
        const artifact = join(shelf, "shop-3.0.tar.gz");
        const built = host.contract(
          { recipe: { kind: "tarball", dir: "/opt/shop", strip: true } },
          { RECIPE_DIR: dir },
        );
        const env = {
          RUNBOOK_ARTIFACT: artifact,
          RUNBOOK_ARTIFACT_SHA256: sumOf(artifact),
        };
        expect(await host.upgrade(built, "3.0", env)).toBe("3.0");
        expect(requests).toEqual([]);
        expect(existsSync(artifact)).toBe(true);
        const none = await host.step(built, "fetch", { version: "3.1" });
        expect(none.stderr).toContain("no artifact was built for this run");
      });
    });
  },
);
