/** The verbs of the host's own tool, `app-ctl`; a fault at a step strikes in the middle of that verb. */
export const faultSteps = [
  "precheck",
  "drain",
  "undrain",
  "fetch",
  "apply",
  "restart",
  "ready",
  "version",
  "undo",
] as const;
export type FaultStep = (typeof faultSteps)[number];

export interface KindRules {
  /** `at`: the kind needs a step; `may`: it takes one; `none`: it concerns the host, not a step. */
  readonly step: "at" | "may" | "none";
  /** How often it strikes each host when nothing is said. */
  readonly times: number | "always";
  /** Whether `*N` makes sense; the others last until they are cleared. */
  readonly counted: boolean;
  readonly example: string;
}

export const faultKinds = {
  /** The verb says so and exits 1 before its effect. */
  fail: {
    step: "at",
    times: "always",
    counted: true,
    example: "web-01:fail@restart",
  },
  /** The verb does not end until the fault is cleared. */
  hang: { step: "at", times: "always", counted: false, example: "hang@ready" },
  /** The verb takes longer. */
  slow: {
    step: "may",
    times: "always",
    counted: true,
    example: "slow:2s@fetch",
  },
  /** The verb writes to a device that is full. */
  diskfull: {
    step: "at",
    times: "always",
    counted: true,
    example: "diskfull@apply",
  },
  /** All connections of the host are cut in the middle of the verb; the verb's own job may go on. */
  reset: { step: "at", times: 1, counted: true, example: "reset@apply" },
  /** The host boots again in the middle of the verb. */
  reboot: { step: "at", times: 1, counted: true, example: "reboot@apply" },
  /** `version` answers another version than the one that runs. */
  wrongversion: {
    step: "none",
    times: "always",
    counted: true,
    example: "1%:wrongversion",
  },
  /** No key is accepted. */
  auth: { step: "none", times: "always", counted: true, example: "1%:auth" },
  /** Nothing listens. */
  refuse: {
    step: "none",
    times: "always",
    counted: false,
    example: "web-01:refuse",
  },
  /** Nothing listens and the inventory does not know the host any more. */
  vanish: {
    step: "none",
    times: "always",
    counted: false,
    example: "web-01:vanish",
  },
} as const satisfies Record<string, KindRules>;
export type FaultKind = keyof typeof faultKinds;

export interface LabFault {
  /** As it was written. */
  readonly text: string;
  /** A host's id, a pattern with `*`, a share such as `1%`, or `*` for all. */
  readonly selector: string;
  readonly kind: FaultKind;
  /** Without one: every step (`slow`), or the host itself. */
  readonly step?: FaultStep;
  /** Only of `slow`. */
  readonly delayMs?: number;
  readonly times: number | "always";
}

export function isKind(word: string | undefined): word is FaultKind {
  return word !== undefined && Object.hasOwn(faultKinds, word);
}

export function isStep(word: string | undefined): word is FaultStep {
  return faultSteps.some((step) => step === word);
}
