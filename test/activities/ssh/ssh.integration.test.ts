import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  readFileSync,
  statSync,
  watch,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { SshTarget } from "../../../activities/ssh/port";
import { createSsh } from "../../../activities/ssh/ssh";
import { startCutProxy, type CutProxy } from "../../harness/cut-proxy";
import { eventually } from "../../harness/eventually";
import { generateKey } from "../../harness/sshd";
import {
  accessTo,
  hostAt,
  listedFingerprint,
  sshServers,
  type SshServer,
} from "../../harness/ssh-servers";

const timeoutMs = 10_000;
const sh = (script: string) => ["sh", "-c", script];

/** Whether a process of this machine has the word on its command line. */
const isRunning = (word: string): boolean =>
  execFileSync("ps", ["-A", "-o", "args"], { encoding: "utf8" }).includes(word);

/** Resolves when the file is there. */
async function appearance(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  await new Promise<void>((seen) => {
    watcher.on("change", (_, name) => {
      if (name === basename(path)) seen();
    });
  });
  watcher.close();
}

describe.each(sshServers)("over $name", ({ start }) => {
  let server: SshServer;
  let proxy: CutProxy;
  let ssh: ReturnType<typeof createSsh>;
  let folder: string;
  let target: SshTarget;

  beforeAll(async () => {
    server = await start();
    folder = await mkdtemp(join(tmpdir(), "ssh-test-"));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    const place = hostPlace(0);
    const fingerprint = listedFingerprint(server.knownHostsFile, place);
    proxy = await startCutProxy(place);
    ssh = createSsh({ random: () => 0 });
    target = {
      host: hostAt({ address: "127.0.0.1", port: proxy.port }, { fingerprint }),
      access: accessTo(server, { keepAliveMs: 100 }),
    };
  });
  afterEach(async () => {
    await ssh.close();
    await proxy.stop();
  });

  function hostPlace(index: number) {
    const place = server.hosts[index];
    if (!place) throw new Error(`no host ${index}`);
    return place;
  }
  const run = (argv: readonly string[]) =>
    ssh.exec(target, { argv, timeoutMs });

  describe("a command", () => {
    test("has all of its input or never begins, wherever its link is cut", async () => {
      const stdin = "0123456789abcdef".repeat(2 ** 17);
      const kept: number[] = [];
      for (let words = 1, isCut = true; isCut; words++) {
        const file = join(folder, `input-${words}`);
        const own = createSsh({ random: () => 0 });
        const cut = proxy.cutAt(words, true);
        const argv = ["sh", "-c", 'cat >"$1.part" && mv "$1.part" "$1"', "sh"];
        const request = { argv: [...argv, file], stdin, timeoutMs };
        await own.exec(target, request).catch(() => undefined);
        ({ isCut } = cut);
        await eventually(() => !isRunning(file) || undefined);
        if (existsSync(file)) kept.push(statSync(file).size);
        await own.close();
      }
      expect(kept).not.toEqual([]);
      expect(kept.filter((size) => size !== stdin.length)).toEqual([]);
    }, 60_000);

    test("hands back both streams and its exit code", async () => {
      const result = await run(sh("echo out; echo err >&2; exit 3"));
      expect(result).toEqual({
        exitCode: 3,
        stdout: "out\n",
        stderr: "err\n",
        stdoutBytes: 4,
        stderrBytes: 4,
        durationMs: expect.any(Number) as number,
      });
    });

    test("that a signal ended says so", async () => {
      const result = await run(sh("kill -TERM $$"));
      expect(result).toMatchObject({ exitCode: 143 });
    });

    test("that does not exist exits 127, and is no transport failure", async () => {
      const result = await run(["no-such-command"]);
      expect(result.exitCode).toBe(127);
    });

    test("gets its words as they are", async () => {
      const words = ["a b", "it's", '"', "$HOME", "`id`", "\\", "*", "", "ü\n"];
      const result = await run(["printf", "<%s>", ...words]);
      expect(result.stdout).toBe(words.map((word) => `<${word}>`).join(""));
    });

    test("gets its environment", async () => {
      const env = { GREETING: "it's $HOME", EMPTY: "" };
      const argv = sh('printf %s "$GREETING/${EMPTY-unset}"');
      const result = await ssh.exec(target, { argv, env, timeoutMs });
      expect(result.stdout).toBe("it's $HOME/");
    });

    test("reads its input to the end", async () => {
      const stdin = "x".repeat(3_000_000);
      const request = { argv: ["wc", "-c"], stdin, timeoutMs };
      expect((await ssh.exec(target, request)).stdout.trim()).toBe("3000000");
    });

    test("may leave its input unread", async () => {
      const stdin = "x".repeat(3_000_000);
      const request = { argv: ["true"], stdin, timeoutMs };
      expect((await ssh.exec(target, request)).exitCode).toBe(0);
    });

    test("without input finds its end at once", async () => {
      expect((await run(["cat"])).exitCode).toBe(0);
    });

    test("with much output keeps the end of each stream and counts the rest", async () => {
      const script =
        "head -c 5000000 /dev/zero | tr '\\0' x; echo end; head -c 300000 /dev/zero | tr '\\0' y >&2; echo END >&2";
      const request = { argv: sh(script), timeoutMs, maxOutputBytes: 1_000 };
      const result = await ssh.exec(target, request);
      expect(result.stdout).toBe(`${"x".repeat(996)}end\n`);
      expect(result.stderr).toBe(`${"y".repeat(996)}END\n`);
      expect(result.stdoutBytes).toBe(5_000_004);
      expect(result.stderrBytes).toBe(300_004);
    });

    test("with more on both streams at once than a window holds loses and repeats nothing", async () => {
      const flood = (sign: string) =>
        `head -c 6000000 /dev/zero | tr '\\0' ${sign}`;
      const script = `(${flood("x")}) & (${flood("y")}) >&2; wait`;
      const request = { argv: sh(script), timeoutMs, maxOutputBytes: 1_000 };
      const result = await ssh.exec(target, request);
      expect(result).toMatchObject({
        exitCode: 0,
        stdoutBytes: 6_000_000,
        stderrBytes: 6_000_000,
        stdout: "x".repeat(1_000),
        stderr: "y".repeat(1_000),
      });
    });

    describe("a file", () => {
      const sha256 = (bytes: Buffer) =>
        createHash("sha256").update(bytes).digest("hex");
      const size = 9_000_000;
      const content = randomBytes(size);
      const facts = { sha256: sha256(content), bytes: size };
      let asked = 0;
      async function* source() {
        asked++;
        for (let at = 0; at < size; at += 65_536)
          yield content.subarray(at, at + 65_536);
      }
      const place = (name: string) => join(folder, "a folder", name);
      /** A full machine answers a keep-alive late. */
      const patient = (): SshTarget => ({
        ...target,
        access: { ...target.access, keepAliveMs: 5_000 },
      });
      const up = (name: string, request = {}) => {
        const path = place(name);
        const whole = { path, source, timeoutMs, ...facts, ...request };
        return ssh.upload(patient(), whole);
      };
      afterEach(() =>
        rm(join(folder, "a folder"), { recursive: true, force: true }),
      );

      test("is sent whole, once, and read back byte for byte", async () => {
        asked = 0;
        expect(await up("it's a.bin")).toBe("sent");
        const path = place("it's a.bin");
        expect(readFileSync(path).equals(content)).toBe(true);
        expect(await up("it's a.bin")).toBe("there already");
        expect(asked).toBe(1);
        expect(await ssh.measure(patient(), path, timeoutMs)).toEqual(facts);
        const hash = createHash("sha256");
        const file = { path, timeoutMs, ...facts };
        for await (const chunk of ssh.download(patient(), file))
          hash.update(chunk);
        expect(hash.digest("hex")).toBe(facts.sha256);
      }, 180_000);

      test("that arrives damaged or half leaves what was there", async () => {
        await up("b.bin");
        const other = { sha256: "0".repeat(64) };
        await expect(up("b.bin", other)).rejects.toMatchObject({
          type: "ssh.damaged",
          failureClass: "retry",
        });
        async function* broken() {
          yield content.subarray(0, 100_000);
          throw new Error("the store is gone");
        }
        const half = { ...other, source: broken };
        await expect(up("b.bin", half)).rejects.toThrow("the store is gone");
        expect(readFileSync(place("b.bin")).equals(content)).toBe(true);
      }, 180_000);

      test("is read no further ahead of a slow reader than a window", async () => {
        const bytes = 64_000_000;
        const large = Buffer.alloc(bytes, "x");
        const path = join(folder, "large.bin");
        writeFileSync(path, large);
        const file = { path, timeoutMs, bytes, sha256: sha256(large) };
        const before = process.memoryUsage().arrayBuffers;
        let ahead: number | undefined;
        let read = 0;
        for await (const chunk of ssh.download(patient(), file)) {
          read += chunk.length;
          if (ahead !== undefined) continue;
          await new Promise((later) => setTimeout(later, 500));
          ahead = process.memoryUsage().arrayBuffers - before;
        }
        expect(read).toBe(bytes);
        // The lab serves from this very process, and the kernel has buffers, too: far below the file is what counts.
        expect(ahead).toBeLessThan(bytes / 2);
      }, 180_000);

      test("that has changed since it was measured is told", async () => {
        await up("d.bin");
        const file = { path: place("d.bin"), timeoutMs, ...facts };
        const drain = async (change: object): Promise<void> => {
          for await (const _ of ssh.download(patient(), {
            ...file,
            ...change,
          }));
        };
        const refused = { type: "ssh.damaged" };
        const sum = drain({ sha256: "0".repeat(64) });
        await expect(sum).rejects.toMatchObject(refused);
        const larger = drain({ bytes: size - 1 });
        await expect(larger).rejects.toMatchObject(refused);
      }, 180_000);

      test("that is not there, or has no place, is told by its path", async () => {
        const none = ssh.measure(patient(), place("none"), timeoutMs);
        await expect(none).rejects.toMatchObject({ type: "ssh.noFile" });
        const failed = up("-", { path: "/proc/no/such/place" });
        await expect(failed).rejects.toMatchObject({
          type: "ssh.nonZeroExit",
          message: expect.stringContaining("/proc/no") as string,
        });
      }, 180_000);
    });

    test("streams whole characters, each with its place", async () => {
      const told: [string, number, number][] = [];
      const script = "printf '\\303'; sleep 0.2; printf '\\274x\\n'";
      await ssh.exec(
        target,
        { argv: sh(script), timeoutMs },
        { onOutput: (...told_) => told.push(told_) },
      );
      expect(told.map(([text]) => text).join("")).toBe("üx\n");
      let at = 0;
      for (const [text, offset, next] of told) {
        expect(offset).toBe(at);
        at = offset + Buffer.byteLength(text);
        expect(next).toBe(at);
      }
    });

    test("that takes too long is stopped, on the host as well", async () => {
      const mark = join(folder, "pid");
      const script = `echo $$ > ${mark}; while echo tick; do sleep 0.05; done`;
      const slow = ssh.exec(target, { argv: sh(script), timeoutMs: 700 });
      await expect(slow).rejects.toMatchObject({
        type: "ssh.timedOut",
        hint: "The step was stopped after its time limit; look at web-1, or raise the limit.",
      });
      const gone = `read pid < ${mark}; i=0; while kill -0 $pid 2>/dev/null; do i=$((i+1)); [ $i -lt 40 ] || exit 9; sleep 0.05; done`;
      expect((await run(sh(gone))).exitCode).toBe(0);
    });

    test("that is aborted rejects with the reason", async () => {
      const abort = new AbortController();
      const reason = new Error("the visit was cancelled");
      const running = ssh.exec(
        target,
        { argv: sh("echo begun; sleep 30"), timeoutMs },
        { signal: abort.signal, onOutput: () => abort.abort(reason) },
      );
      await expect(running).rejects.toBe(reason);
    });

    test("that is aborted before it began never begins", async () => {
      const reason = new Error("too late");
      const signal = AbortSignal.abort(reason);
      const options = { signal };
      const running = ssh.exec(target, { argv: ["true"], timeoutMs }, options);
      await expect(running).rejects.toBe(reason);
      expect(proxy.connections).toBe(0);
    });
  });

  describe("a connection", () => {
    test("is opened once for commands at once and one after the other", async () => {
      await Promise.all(Array.from({ length: 20 }, () => run(["true"])));
      for (let i = 0; i < 10; i++) await run(["true"]);
      expect(proxy.connections).toBe(1);
    });

    test("that is cut while a command runs is lost, and replaced for the next one", async () => {
      const running = ssh.exec(
        target,
        { argv: sh("echo begun; sleep 30"), timeoutMs },
        { onOutput: () => proxy.cut() },
      );
      await expect(running).rejects.toMatchObject({
        type: "ssh.connectionLost",
        failureClass: "retry",
      });
      expect((await run(["echo", "back"])).stdout).toBe("back\n");
      expect(proxy.connections).toBe(2);
    });

    test("that falls silent is lost after three unanswered keep-alives", async () => {
      const running = ssh.exec(
        target,
        { argv: sh("echo begun; sleep 30"), timeoutMs },
        { onOutput: () => proxy.silence() },
      );
      await expect(running).rejects.toMatchObject({
        type: "ssh.connectionLost",
      });
    });

    test("is closed when the visit ends", async () => {
      await run(["true"]);
      ssh.release(target);
      await proxy.emptied();
      await run(["true"]);
      expect(proxy.connections).toBe(2);
    });

    test("is closed after the visit only when the last command has ended", async () => {
      const running = ssh.exec(
        target,
        { argv: sh("echo begun; sleep 0.3; echo end"), timeoutMs },
        { onOutput: () => ssh.release(target) },
      );
      expect((await running).stdout).toBe("begun\nend\n");
      await proxy.emptied();
    });

    test("is closed when nobody has used it for a while", async () => {
      const shortly = createSsh({ idleMs: 10 });
      await shortly.exec(target, { argv: ["true"], timeoutMs });
      await proxy.emptied();
      await shortly.close();
    });

    test("goes through two jump hosts", async () => {
      const places = [0, 1].map(hostPlace);
      const jump = places.map(({ address, port }) => `${address}:${port}`);
      const host = hostAt(hostPlace(2), { jump });
      const far = { host, access: target.access };
      const result = await ssh.exec(far, { argv: ["echo", "far"], timeoutMs });
      expect(result.stdout).toBe("far\n");
    });
  });

  describe("a key", () => {
    const attempt = (wrong: Partial<SshTarget>) =>
      ssh.exec({ ...target, ...wrong }, { argv: ["true"], timeoutMs });

    test("of a host that nobody knows is refused, and the way to trust it is named", async () => {
      const host = hostAt({ address: "127.0.0.1", port: proxy.port });
      await expect(attempt({ host })).rejects.toMatchObject({
        type: "ssh.hostKeyUnknown",
        failureClass: "human",
        hint: "Compare the key, then accept it with: runbook trust web-1",
      });
    });

    test("with another fingerprint is refused", async () => {
      const fingerprint = `SHA256:${"A".repeat(43)}`;
      const host = { ...target.host, fingerprint };
      await expect(attempt({ host })).rejects.toMatchObject({
        type: "ssh.hostKeyChanged",
        seen: expect.stringContaining(fingerprint) as string,
      });
    });

    test("that lets nobody in fails at once, and what was tried is told", async () => {
      const key = generateKey(join(folder, `stranger-${server.user}`));
      const absent = join(folder, "absent");
      const access = {
        ...target.access,
        identities: [{ key }, { key: absent }],
      };
      await expect(attempt({ access })).rejects.toMatchObject({
        type: "ssh.authFailed",
        seen: expect.stringMatching(
          /web-1 .*accepted no key of .* \(tried .*stranger-.*; not used: .*absent: no such file\)/,
        ) as string,
        hint: `Check user and key with: ssh ${server.user}@127.0.0.1 -p ${proxy.port} true`,
      });
      expect(proxy.connections).toBe(1);
    });
  });

  describe("a job", () => {
    test("goes on while the connection is cut, and is joined again", async () => {
      const log = join(folder, `job-${server.user}`);
      const script = `echo run >> ${log}; echo begun; sleep 0.6; echo end`;
      const begun = appearance(log);
      const running = ssh.runJob(target, {
        key: "run-1/web-1/apply/1",
        command: { script },
        timeoutMs,
      });
      await begun;
      proxy.cut();
      const result = await running;
      expect(result).toMatchObject({ exitCode: 0, stdout: "begun\nend\n" });
      expect(proxy.connections).toBeGreaterThan(1);
      expect((await run(["cat", log])).stdout).toBe("run\n");
    });
  });
});
