import type { Lab } from "./lab";

/** What lives on the hosts of a lab beside their own service, and ends with it. */
export interface LabGuest {
  /** Starts it on hosts that answer. @throws whatever keeps it from starting; `stop` is called then */
  start(lab: Lab): Promise<void>;
  /** Lines of the configuration file, below the target. Asked once it has started. */
  configuration(): readonly string[];
  /** What lab.json keeps of it, for whoever clears up behind a lab that was killed. */
  record(): Readonly<Record<string, unknown>>;
  status(): Promise<Readonly<Record<string, unknown>>>;
  /** Resolves when nothing of it is left. May be called twice. */
  stop(): Promise<void>;
}
