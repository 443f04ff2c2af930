import { quoteArgv } from "../../activities/ssh/shell";

/** The place of one host: whoever fills in the host's address and the version. */
export interface Place {
  /** Holds a folder for each address. */
  readonly places: string;
  readonly address: string;
  readonly version: string;
}

export const commandNames = ["precheck", "apply", "ready", "version"] as const;
export type CommandName = (typeof commandNames)[number];

/**
 * The four short commands, word by word: one that looks, one that changes, two that look. Each is a single program, so that
 * what is measured is the way to the host and not the work there.
 */
export function commandsFor({
  places,
  address,
  version,
}: Place): Record<CommandName, readonly string[]> {
  const place = `${places}/${address}`;
  const current = `${place}/current`;
  return {
    precheck: ["test", "-w", place],
    apply: ["ln", "-sfn", version, current],
    ready: ["test", "-L", current],
    version: ["readlink", current],
  };
}

/** As lines for a shell, in their order. */
export function commandLines(place: Place): string[] {
  const commands = commandsFor(place);
  return commandNames.map((name) => quoteArgv(commands[name]));
}
