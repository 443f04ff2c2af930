import { randomUUID } from "node:crypto";
import {
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
  readdirSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";
import { openArtifacts } from "../../../activities/artifacts/client";
import type { ArtifactRef } from "../../../activities/artifacts/port";
import { createBuildActivities } from "../../../activities/build/activities";
import { createHostActivities } from "../../../activities/host/activities";
import {
  hostContractSchema,
  type VisitRequest,
} from "../../../activities/host/port";
import { createSsh } from "../../../activities/ssh/ssh";
import { planFleetUpgrade } from "../../../runbooks/fleet-upgrade/plan";
import { readInput } from "../../../runbooks/fleet-upgrade/prepare";
import {
  accessTo,
  hostAt,
  listedFingerprint,
  sshServers,
  type SshServer,
} from "../../harness/ssh-servers";

jest.setTimeout(180_000);

const activity = () =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger("ERROR") });

describe.each(sshServers)("a build, over $name", ({ start }) => {
  let server: SshServer;
  let folder: string;
  let ssh: ReturnType<typeof createSsh>;
  let artifacts: ReturnType<typeof openArtifacts>;
  let plan: ArtifactRef;
  let rootRunId: string;

  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "build-"));
    ssh = createSsh();
    artifacts = openArtifacts({ location: join(folder, "artifacts") });
    rootRunId = randomUUID();
  });
  afterEach(async () => {
    await ssh.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const deps = () => ({
    ssh,
    artifacts,
    files: artifacts,
    inventory: { resolve: async () => [], shouldBeAlive: async () => true },
    resolveReference: async () => "s3cret",
  });
  const planOf = async (build = {}): Promise<void> => {
    const [place] = server.hosts;
    if (place === undefined) throw new Error("no host");
    const fingerprint = listedFingerprint(server.knownHostsFile, place);
    const host = hostAt(place, { fingerprint });
    const contract = hostContractSchema.parse({
      minReadyS: 0,
      build: {
        host: host.id,
        script:
          'echo built >>"$OUT/log"; head -c 3000000 /dev/urandom >"$OUT/made $RUNBOOK_VERSION"',
        env: { OUT: folder },
        artifact: `${folder}/made {{version}}`,
        to: `${folder}/{{host.id}}/it.bin`,
        ...build,
      },
      steps: {
        fetch: {
          script: `printf '%s %s' "$RUNBOOK_ARTIFACT" "$RUNBOOK_ARTIFACT_SHA256" >${folder}/told`,
        },
        apply: {
          script: `cp "$RUNBOOK_ARTIFACT" ${folder}/installed; echo 2.0 >${folder}/version`,
        },
        version: { run: ["sh", "-c", `cat ${folder}/version 2>/dev/null`] },
      },
    });
    const settings = readInput({
      target: "prod",
      change: "c1",
      component: "app",
      version: "2.0",
    });
    const made = planFleetUpgrade(settings, {
      contract,
      inventory: { file: "hosts.yaml" },
      access: accessTo(server),
      hosts: [host],
      buildHost: host,
    });
    plan = await artifacts.put("plan.json", JSON.stringify(made));
  };
  const build = (): Promise<ArtifactRef> => {
    const { buildComponent } = createBuildActivities(deps());
    return activity().run(buildComponent, {
      plan,
      rootRunId,
    });
  };

  it("is made once, fetched once, and brought to the host by its visit, proven", async () => {
    await planOf();
    const artifact = await build();
    expect(await build()).toEqual(artifact);
    expect(readFileSync(join(folder, "log"), "utf8")).toBe("built\n");
    expect(artifact).toMatchObject({
      key: `builds/${artifact.sha256}`,
      bytes: 3_000_000,
    });

    const { visitHost } = createHostActivities(deps());
    const hostId = planRow();
    const request: VisitRequest = {
      plan,
      index: 0,
      hostId,
      rootRunId,
      workflowId: "w",
      artifact,
    };
    const result = await activity().run(visitHost, request);
    expect(result).toMatchObject({ outcome: "upgraded", version: "2.0" });
    const made = readFileSync(join(folder, "made 2.0"));
    expect(readFileSync(join(folder, "installed")).equals(made)).toBe(true);
    expect(readdirSync(join(folder, hostId))).toEqual(["it.bin"]);
    expect(readFileSync(join(folder, "told"), "utf8")).toBe(
      `${folder}/${hostId}/it.bin ${artifact.sha256}`,
    );
  });

  const planRow = (): string => {
    const text = readFileSync(join(folder, "artifacts", "plan.json"), "utf8");
    const { hosts } = JSON.parse(text) as { hosts: { id: string }[] };
    return hosts[0]?.id ?? "";
  };

  it("is refused when it fails, makes nothing, or makes too much, and secrets stay out of what it said", async () => {
    await planOf({
      script: 'echo "no $TOKEN" >&2; exit 3',
      secretEnv: { TOKEN: "env:T" },
    });
    await expect(build()).rejects.toMatchObject({
      type: "ssh.nonZeroExit",
      message: expect.stringContaining("no [secret]") as string,
    });
    rootRunId = randomUUID();
    await planOf({ script: "true" });
    await expect(build()).rejects.toMatchObject({ type: "ssh.noFile" });
    rootRunId = randomUUID();
    await planOf({ maxMb: 1 });
    await expect(build()).rejects.toMatchObject({ type: "build.tooLarge" });
  });

  it("does not reach a host when somebody changed it in the store", async () => {
    await planOf();
    const artifact = await build();
    writeFileSync(
      join(folder, "artifacts", artifact.key),
      Buffer.alloc(3_000_000),
    );
    const { visitHost } = createHostActivities(deps());
    const request = {
      plan,
      index: 0,
      hostId: planRow(),
      rootRunId,
      workflowId: "w",
      artifact,
    };
    await expect(activity().run(visitHost, request)).rejects.toMatchObject({
      type: "artifacts.changed",
    });
    // What has come of it aside goes away when its channel is closed there.
    expect(readdirSync(join(folder, planRow()))).not.toContain("it.bin");
  });
});
