import type { VisitStep } from "../../../activities/host/port";
import { previewHost } from "../../../activities/host/preview";
import { FakeSsh } from "../../harness/fake-ssh";
import { visitPlan } from "./visit-samples";

const preview: VisitStep = {
  ...{ name: "preview", kind: "read", timeoutMs: 5_000 },
  run: ["app", "plan", "{{host.id}}"],
};
const plan = visitPlan({ preview });
const [host] = plan.hosts;

async function previewOn(
  answer: { exitCode?: number; stdout?: string; stderr?: string },
  asked = plan,
) {
  const ssh = new FakeSsh({ "app plan web-1": () => answer });
  if (host === undefined) throw new Error("the plan has no host");
  return { said: await previewHost(ssh, asked, host), ssh };
}

describe("the preview of a host", () => {
  it("is what its command says, told its host and version, within its limits", async () => {
    const { said, ssh } = await previewOn({ stdout: "1.0 -> 2.0\n" });
    expect(said).toEqual({ exitCode: 0, text: "1.0 -> 2.0" });
    expect(ssh.requests).toMatchObject([
      {
        timeoutMs: 5_000,
        maxOutputBytes: 4_096,
        env: { RUNBOOK_HOST: "web-1", RUNBOOK_VERSION: "2.0" },
      },
    ]);
    expect(ssh.owner).toBeUndefined();
  });

  it("of a command that fails is its complaint", async () => {
    const { said } = await previewOn({ exitCode: 3, stderr: "no package\n" });
    expect(said).toEqual({ exitCode: 3, text: "no package" });
  });

  it("is nothing where the plan has none", async () => {
    const { said, ssh } = await previewOn({}, visitPlan());
    expect(said).toBeUndefined();
    expect(ssh.calls).toEqual([]);
  });
});
