/** Starts two hosts with a process in one of them, prints their namespaces and its id, and waits to be killed. */
import { spawn } from "node:child_process";
import { startNetwork } from "./network";

void startNetwork("a", "b").then(({ host }) => {
  const { namespace } = host("a");
  const words = [`--net=${namespace}`, "sleep", "600"];
  const { pid } = spawn("nsenter", words, { detached: true });
  console.log(`${namespace} ${host("b").namespace} ${pid}`);
});
