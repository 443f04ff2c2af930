import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { runProgram } from "../../lab/postgres/programs";
import { runChild } from "./child";
import { describeWhen } from "./describe-when";
import { eventually } from "./eventually";
import { type Network, networkMissing, startNetwork } from "./network";

const port = 7_000;
const node = (network?: string) => ({
  ...{ bin: dirname(process.execPath), owner: undefined, network },
});
const gone = (...files: readonly string[]): Promise<unknown> =>
  eventually(() => !files.some((file) => existsSync(file)) || undefined);

describeWhen(networkMissing())("networks for tests", () => {
  let network: Network | undefined;
  const start = async (): Promise<Network> =>
    (network = await startNetwork("a", "b"));
  afterEach(async () => {
    await network?.end();
    network = undefined;
  });

  /** From a host, or from here. */
  const reaches = (address: string, from?: string): Promise<string> =>
    runProgram(node(from), [
      "node",
      "-e",
      `const socket = require("node:net").connect({ host: "${address}", port: ${port}, timeout: 1000 });
       const end = (word) => { console.log(word); process.exit(); };
       socket.on("connect", () => end("yes")).on("timeout", () => end("silence")).on("error", ({ code }) => end(code));`,
    ]).then((said) => said.trim());

  /** @returns its process id */
  async function listenOn({ host }: Network, id: string) {
    const { namespace, address } = host(id);
    const text = `require("node:net").createServer().listen(${port}, "${address}", () => console.log("up"))`;
    const words = [`--net=${namespace}`, process.execPath, "-e", text];
    const { stdout, pid } = spawn("nsenter", words);
    await once(stdout, "data");
    return pid;
  }

  it("lose what hosts send each other without a word while they are cut, and nothing else", async () => {
    const made = await start();
    const { host, cut, heal } = made;
    await listenOn(made, "b");
    const { address } = host("b");
    const { namespace } = host("a");
    expect(await reaches(address, namespace)).toBe("yes");
    await cut();
    expect(await reaches(address, namespace)).toBe("silence");
    expect(await reaches(address)).toBe("yes");
    await heal();
    expect(await reaches(address, namespace)).toBe("yes");
  });

  it("end with all that runs in them", async () => {
    const made = await start();
    const { host, end } = made;
    const pid = await listenOn(made, "a");
    expect(await host("a").processes()).toEqual(["node"]);
    await end();
    expect(existsSync(host("a").namespace)).toBe(false);
    expect(existsSync(host("b").namespace)).toBe(false);
    // Nobody is asked by address: it may be somebody else's now.
    await gone(`/proc/${pid}`);
  });

  it("leave nothing when their process is killed", async () => {
    const child = runChild(require.resolve("./network-child"));
    const [a = "", b = "", pid = ""] = (await child.line()).split(" ");
    expect([a, b, `/proc/${pid}`].every(existsSync)).toBe(true);
    child.process.kill("SIGKILL");
    await gone(a, b, `/proc/${pid}`);
  });

  it("are cleared away by the next one, where even their guard was killed", async () => {
    const dead = spawn("true");
    await once(dead, "exit");
    const left = `rbnet-${dead.pid}-1-a`;
    execFileSync("ip", ["netns", "add", left]);
    await start();
    expect(existsSync(`/run/netns/${left}`)).toBe(false);
  });
});
