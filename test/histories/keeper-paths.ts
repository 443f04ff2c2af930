/** What the keepers of locks and freezes go through, and words of each history without which it would be another path. */
export const keeperPaths = {
  "lock-line": ['"position":2', '"signalName":"yourTurn"', '"kind":"held"'],
  "lock-kept": ['"keep":{', "lock.refused", '"name":"release"', "mended"],
  "lock-closed": ['"end":"terminated"', '"kind":"kept"', "been terminated"],
  "lock-caller-gone": [
    "EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED",
    '"signalName":"yourTurn"',
  ],
  "freezes-told": [
    '"name":"watch"',
    '"signalName":"freezesChanged"',
    "freeze.refused",
    '"name":"unwatch"',
  ],
  "freezes-expired": [
    "EVENT_TYPE_TIMER_FIRED",
    "EVENT_TYPE_TIMER_CANCELED",
    '"until":',
  ],
  "freezes-watcher-gone": [
    "EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED",
    '"signalName":"freezesChanged"',
  ],
  "freezes-by-signal": ['"signalName":"freeze"', '"signalName":"unfreeze"'],
} as const satisfies Record<string, readonly string[]>;

/** Continued as new, each run in a file of its own, with what the first one hands on. */
export const keeperChains = {
  "lock-handed-over": [
    '"kind":"held"',
    '"kind":"waiting"',
    '"kind":"kept"',
    "1 host failed",
  ],
  "freezes-handed-over": [
    '"blocksUndo":true',
    '"until":',
    '"told":["stays","ends"]',
    '"version":',
  ],
} as const satisfies Record<string, readonly string[]>;

export type KeeperPath = keyof typeof keeperPaths;
export type KeeperChain = keyof typeof keeperChains;
