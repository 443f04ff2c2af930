import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Locator, Page, Response } from "playwright-core";
import { eventually } from "./eventually";

const navigations = 3;
const images = join(__dirname, "../../docs/images");

/** The Temporal Web UI in the hands of a person: it is clicked and read, and never asked by its API. */
export class WebUi {
  constructor(
    readonly page: Page,
    private readonly base: string,
  ) {}

  /** A load that hangs on a busy machine is begun anew; nothing else is tried twice. */
  async open(address: string): Promise<void> {
    const url = address.startsWith("http") ? address : this.base + address;
    for (let left = navigations - 1; ; left -= 1) {
      try {
        await this.page.goto(url, { waitUntil: "domcontentloaded" });
        return;
      } catch (error) {
        if (left === 0) throw error;
      }
    }
  }

  async openRun(workflowId: string): Promise<void> {
    const id = encodeURIComponent(workflowId);
    await this.open(`/namespaces/default/workflows/${id}`);
    await this.page
      .getByTestId("workflow-id-heading")
      .filter({ hasText: workflowId })
      .waitFor();
  }

  /** What stands in the form once it is filled in from the template. */
  async startForm(link: string): Promise<{
    readonly taskQueue: string;
    readonly workflowType: string;
    readonly input: unknown;
  }> {
    await this.open(link);
    const input = await readJson(this.#data(this.page));
    return {
      taskQueue: await this.page.getByTestId("taskQueue").inputValue(),
      workflowType: await this.page.getByTestId("workflowType").inputValue(),
      input,
    };
  }

  /** Sends the open form. */
  async start(workflowId: string, input: object): Promise<void> {
    await this.page.getByTestId("workflowId").fill(workflowId);
    await this.#writeJson(this.page, input);
    await this.#post(() =>
      this.page.getByTestId("start-workflow-button").click(),
    );
  }

  /** The current details of the run that is open, as they are now. */
  async details(): Promise<string> {
    await this.page.getByTestId("user-metadata-tab").click();
    await this.page.waitForURL("**/user-metadata");
    await this.page.reload({ waitUntil: "domcontentloaded" });
    await this.page.getByText("Current Details").waitFor();
    // Each Markdown is a frame of its own: the summary first, the current details last.
    const body = this.page.frameLocator("iframe").last().locator("body");
    return eventually(async () => (await body.innerText()).trim() || undefined);
  }

  /** The current details, as soon as a person who presses R reads this in them. */
  read(wanted: RegExp): Promise<string> {
    return eventually(async () => {
      const details = await this.details();
      return wanted.test(details) ? details : undefined;
    }, 120_000);
  }

  /** Writes a picture of the page, or of a part of it, into the documentation, when asked to. */
  async picture(name: string, of: Page | Locator = this.page): Promise<void> {
    if (!picturesWanted) return;
    await of.screenshot({ path: join(images, `${name}.png`) });
  }

  /** Likewise of the current details, which are longer than the page. */
  async pictureOfDetails(name: string): Promise<void> {
    if (!picturesWanted) return;
    const size = { width: 1280, height: 1_250 };
    await this.page.setViewportSize(size);
    const box = await this.page.locator("iframe").last().boundingBox();
    if (box === null) throw new Error("no details on the page");
    const { x, y, width } = box;
    const clip = { x, y, width, height: size.height - y };
    await this.page.screenshot({ path: join(images, `${name}.png`), clip });
  }

  /** What the activities under way have told last, as they stand there now. */
  async pendingActivities(): Promise<string> {
    await this.page.getByTestId("pending-activities-tab").click();
    await this.page.waitForURL("**/pending-activities");
    await this.page.reload({ waitUntil: "domcontentloaded" });
    // The page has each label twice, for wide screens and for narrow ones.
    await this.page
      .getByText("Heartbeat Details")
      .filter({ visible: true })
      .first()
      .waitFor();
    return this.page.locator("main").innerText();
  }

  async status(): Promise<string> {
    return this.page
      .getByTestId("execution-status")
      .filter({ visible: true })
      .first()
      .innerText();
  }

  /** The result of the run that is open, once it has one; no run of ours ends with null. */
  async result(): Promise<string> {
    await this.page.getByTestId("timeline-tab").click();
    const result = this.page.getByRole("textbox", { name: "Result" });
    return eventually(async () => {
      const text = await result.innerText();
      // The page writes null until the last event is loaded.
      return ["", "null"].includes(text.trim()) ? undefined : text;
    });
  }

  /** The dialog with that message chosen, and what its picker says of it. */
  async dialog(
    kind: "signal" | "update",
    name: string,
  ): Promise<MessageDialog> {
    const { page } = this;
    await page
      .getByRole("button", { name: "More Actions" })
      .filter({ visible: true })
      .click();
    await page.getByTestId(`${kind}-button`).filter({ visible: true }).click();
    const dialog = page
      .getByTestId(`${kind}-confirmation-modal`)
      .filter({ visible: true });
    await dialog.getByTestId(`${kind}-select-button`).click();
    const option = dialog
      .getByRole("option")
      .filter({ has: page.getByText(name, { exact: true }) });
    const description = await option.innerText();
    await option.click();
    return {
      box: dialog,
      description,
      write: (input) => this.#writeJson(dialog, input),
      submit: async () => {
        await this.#submit(dialog);
        await dialog.waitFor({ state: "hidden" });
      },
      refusal: async () => {
        await this.#submit(dialog);
        const alert = dialog.getByRole("alert").filter({ hasText: /\S/ });
        return alert.first().innerText();
      },
      cancel: () => dialog.getByTestId("cancel-modal-button").click(),
    };
  }

  #submit(dialog: Locator): Promise<Response> {
    return this.#post(() => dialog.getByTestId("confirm-modal-button").click());
  }

  /** Does it, and waits until the server has answered. */
  async #post(act: () => Promise<void>): Promise<Response> {
    const answered = this.page.waitForResponse(
      (response) => response.request().method() === "POST",
    );
    await act();
    return answered;
  }

  #data(scope: Page | Locator): Locator {
    return scope.getByRole("textbox", { name: "Data" });
  }

  async #writeJson(scope: Page | Locator, value: object): Promise<void> {
    const box = this.#data(scope);
    await box.click();
    await this.page.keyboard.press("ControlOrMeta+A");
    await this.page.keyboard.insertText(JSON.stringify(value));
    // Left, it is laid out anew, and what is below it moves.
    await box.blur();
    await eventually(async () =>
      isDeepStrictEqual(await readJson(box), value) ? true : undefined,
    );
  }
}

const picturesWanted = process.env["UPDATE_SCREENSHOTS"] === "1";

export interface MessageDialog {
  readonly box: Locator;
  /** Name and help of the handler, as the picker shows them. */
  readonly description: string;
  write(input: object): Promise<void>;
  /** Sends it; the dialog closes. */
  submit(): Promise<void>;
  /** Sends it; why it was refused, as the dialog says. */
  refusal(): Promise<string>;
  cancel(): Promise<void>;
}

/** The JSON in an editor, as soon as there is any. */
function readJson(box: Locator): Promise<unknown> {
  return eventually(async () => JSON.parse(await box.innerText()) as unknown);
}
