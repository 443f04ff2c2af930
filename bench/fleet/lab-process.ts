import { rm } from "node:fs/promises";
import { join } from "node:path";
import { startLab } from "../../lab/hosts/lab";
import type { LabAnswer } from "./lab-hosts";

/** The lab of a bench: `node lab-process.js FOLDER HOSTS`. It ends, and the folder goes, when standard input is closed. */
async function main([folder = "", hosts = ""]: readonly string[]) {
  const lab = await startLab({
    dir: join(folder, "lab"),
    hosts: Number(hosts),
    service: false,
  });
  const answer: LabAnswer = {
    hosts: lab.hosts,
    user: lab.user,
    identityFile: lab.identityFile,
    knownHostsFile: lab.knownHostsFile,
    inventoryFile: lab.inventoryFile,
  };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  process.stdin.resume();
  process.stdin.once("end", () => {
    void lab
      .stop()
      .then(() => rm(folder, { recursive: true, force: true }))
      .then(() => process.exit(0));
  });
}

void main(process.argv.slice(2));
