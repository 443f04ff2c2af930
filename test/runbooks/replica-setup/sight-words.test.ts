import type { StandbySight } from "../../../activities/postgres/standby/port";
import { findingOf } from "../../../runbooks/replica-setup/sight-words";

const sight: StandbySight = {
  slot: { standing: "streaming", heldBytes: 16 * 2 ** 20, safeBytes: 2 ** 30 },
  ...{ lagBytes: 1_536, lagSeconds: 0.25, freeBytes: 40 * 2 ** 30, drift: [] },
  baseline: {
    ...{ systemIdentifier: "7", timeline: 1, settings: {} },
    primaryStartedAt: "",
  },
};

describe("a standby that waits for a decision", () => {
  it("is shown with its lag, its slot and its disk", () => {
    expect(findingOf(sight)).toEqual({
      ...{ level: "ok", text: "streams" },
      figures:
        "1.5 kB and 0.3 s behind; its slot holds 16 MB of WAL, 1 GB below its cap; 40 GB free on its disk",
    });
  });

  it("is news by its slot and by what has changed, not by its figures", () => {
    const drift = ["the standby does not answer"];
    const slot = { standing: "gone" } as const;
    expect(findingOf({ ...sight, slot, drift })).toMatchObject({
      ...{ level: "note" },
      text: "its slot is gone; the standby does not answer",
    });
  });

  it("is not called level where nobody knows", () => {
    const { figures } = findingOf({
      ...sight,
      ...{ lagBytes: undefined, lagSeconds: undefined },
    });
    expect(figures).toMatch(/^unknown bytes and unknown s behind/);
  });
});
