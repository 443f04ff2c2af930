import { CancellationScope, condition } from "@temporalio/workflow";

/** What a run shows of itself, each time that something has changed. */
export abstract class ShownRun {
  #isStale = true;

  /** Something has changed; it is shown once all that happened with it is over. */
  changed(): void {
    this.#isStale = true;
  }

  /** Shows each change, once however many come together. Ends with the run: a cancelled one has work that still ends, and shows it. */
  keepShowing(): void {
    const loop = async (): Promise<void> => {
      for (;;) {
        await condition(() => this.#isStale);
        this.show();
      }
    };
    void CancellationScope.nonCancellable(loop);
  }

  show(): void {
    this.#isStale = false;
    this.present();
  }

  /** Puts it where people look. */
  protected abstract present(): void;
}
