/** Reads an ICS source, `process.argv[2]` as JSON, in a process that trusts whom its environment says. */
import { isRunbookError } from "../../../activities/errors";
import { readSource } from "../../../activities/calendar/sources";
import type { IcsSource } from "../../../activities/calendar/document";

async function read(): Promise<object> {
  try {
    const source = JSON.parse(process.argv[2] ?? "") as IcsSource;
    return { text: await readSource(source, process.env) };
  } catch (error) {
    if (!isRunbookError(error)) throw error;
    const { type, message } = error;
    return { type, message };
  }
}

void read().then((told) => process.stdout.write(`${JSON.stringify(told)}\n`));
