import { setHandler } from "@temporalio/workflow";
import type { Freeze, FreezeNotice } from "../../activities/freeze/port";
import { freezesChanged } from "./messages";

/** What a run knows of the freezes that hold it. Make it first, before any await: a notice may come at any moment. */
export class FreezeWatch {
  constructor(
    private readonly onChange: () => void,
    /** Of the former run of the chain. */
    private notice: FreezeNotice | undefined,
  ) {
    setHandler(freezesChanged, (notice) => this.receive(notice), {
      description: "Sent by the workflow that keeps freezes.",
    });
  }

  get latest(): FreezeNotice | undefined {
    return this.notice;
  }

  get freezes(): readonly Freeze[] {
    return this.notice?.freezes ?? [];
  }

  /** An older notice that comes later changes nothing. */
  receive(notice: FreezeNotice): void {
    if (notice.version < (this.notice?.version ?? 0)) return;
    this.notice = notice;
    this.onChange();
  }
}
