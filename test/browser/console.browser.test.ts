import type { Browser } from "playwright-core";
import { workflowId } from "../../runbooks/fleet-upgrade/ids";
import { templateInput } from "../../runbooks/fleet-upgrade/template";
import { cli } from "../cli/run-cli";
import { missingChromium, openBrowser, openPage } from "../harness/chromium";
import { describeWhen } from "../harness/describe-when";
import { eventually } from "../harness/eventually";
import { type Rig, startRig } from "../harness/rig";
import { WebUi } from "../harness/web-ui";

describeWhen(missingChromium())("in the Temporal Web UI", () => {
  let rig: Rig;
  let browser: Browser;
  let ui: WebUi;
  let links: Links;

  beforeAll(async () => {
    [rig, browser] = await Promise.all([
      startRig({ ui: true, lab: { hosts: 8, pools: 2 } }),
      openBrowser(),
    ]);
    ui = new WebUi(await openPage(browser), rig.server.uiUrl ?? "");
    links = await uiLinks(rig);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await rig?.stop();
  }, 60_000);

  const change = "CHG-4711";
  const id = workflowId({ target: "lab", change });
  const input = { target: "lab", change, component: "app", version: "2.0.0" };
  const run = () => rig.server.client.workflow.getHandle(id);

  it("the start form is filled in by the link, and what is started from it only plans", async () => {
    const form = await ui.startForm(links.form);
    expect(form).toEqual({
      taskQueue: rig.taskQueue,
      workflowType: "fleetUpgrade",
      input: templateInput,
    });
    await ui.picture("start-form");
    await ui.start(id, { ...templateInput, ...input });
    await run().result();
    await ui.openRun(id);
    expect(await ui.status()).toBe("COMPLETED");
    expect(await ui.result()).toContain('"planned"');
    expect(await ui.details()).toContain("app to 2.0.0 on 8 hosts of lab");
  }, 240_000);

  it("a run that is carried out says in its details what it waits for", async () => {
    await ui.startForm(links.form);
    await ui.start(id, { ...input, mode: "execute" });
    const { nonce } = await rig.gate(run(), "canary");
    await ui.openRun(id);
    expect(await ui.status()).toBe("RUNNING");
    const details = await ui.details();
    expect(details).toContain("upgrade the other 6 hosts?");
    expect(details).toContain(`"nonce":"${nonce}"`);
    await ui.picture("current-details");
  }, 240_000);

  it("it stands in the list of runs that wait for a person", async () => {
    const { query, url } = links.waiting;
    // Published every ten seconds at most.
    await eventually(async () =>
      (await rig.server.client.workflow.count(query)).count === 1
        ? true
        : undefined,
    );
    await ui.open(url);
    await ui.page.getByRole("link", { name: id }).first().waitFor();
    await ui.picture("waiting");
  }, 240_000);

  it("the Update dialog says why an answer was refused", async () => {
    await ui.openRun(id);
    const dialog = await ui.dialog("update", "decide");
    await dialog.write({
      ...{ gate: "canary", nonce: "canary-yesterday" },
      ...{ choice: "approve", by: "ada" },
    });
    expect(await dialog.refusal()).toContain("another asking");
    await dialog.cancel();
  }, 240_000);

  it("it is paused by an Update and resumed by a Signal, and says who did it", async () => {
    await ui.openRun(id);
    const pause = await ui.dialog("update", "pause");
    expect(pause.description).toContain('{"by":"your name","reason":"..."}');
    await pause.write({ by: "ada", reason: "a look at the graphs" });
    await pause.submit();
    await rig.until(run(), ({ halts }) => halts.length > 0);
    expect(await ui.details()).toContain("Halted: paused by ada");
    const resume = await ui.dialog("signal", "resume");
    await resume.write({ by: "ada" });
    await resume.submit();
    await rig.until(run(), ({ halts }) => halts.length === 0);
    expect(await ui.details()).not.toContain("Halted");
  }, 240_000);

  it("it goes on by the JSON that the Signal dialog shows, and its outcome is read there", async () => {
    await ui.openRun(id);
    const dialog = await ui.dialog("signal", "approve");
    const [shown = "{}"] = /\{.*\}/s.exec(dialog.description) ?? [];
    const answer = JSON.parse(shown) as object;
    await dialog.write({ ...answer, by: "ada" });
    await ui.picture("signal-approve", dialog.box);
    await dialog.submit();
    await run().result();
    await ui.openRun(id);
    expect(await ui.status()).toBe("COMPLETED");
    expect(await ui.result()).toContain('"completed"');
    expect(await ui.details()).toMatch(/upgraded[^]*8/);
  }, 240_000);
});

interface Links {
  readonly form: string;
  readonly waiting: { readonly query: string; readonly url: string };
}

async function uiLinks({ server, taskQueue }: Rig): Promise<Links> {
  const { out } = await cli(["ui-links", "--json"], {
    env: {
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_UI_URL: server.uiUrl ?? "",
      RUNBOOK_TASK_QUEUE: taskQueue,
    },
  });
  const { forms, views } = JSON.parse(out) as {
    forms: { url: string }[];
    views: { name: string; query: string; url: string }[];
  };
  const waiting = views.find(({ name }) => name === "waiting for a person");
  return {
    form: forms[0]?.url ?? "",
    waiting: waiting ?? { query: "", url: "" },
  };
}
