/** What a source said, before it is read as hosts. */
export interface Answer {
  /** The same text means the same hosts. */
  readonly text: string;
  /** Names the source in messages: `/etc/hosts.yaml`, `the command ...`. */
  readonly source: string;
  /** The answer as data: a list of hosts or `{hosts, defaults}`. @throws inventory.* */
  read(): HostData;
}

export interface HostData {
  readonly data: unknown;
  /** Whether `data` is the text itself, so that lines of it tell where a fault is; else ids do. */
  readonly isWrittenOut: boolean;
}

/** More than 10,000 hosts with all of their variables need. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
