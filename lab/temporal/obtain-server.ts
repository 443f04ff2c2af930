import { isRunbookError } from "../../activities/errors";
import { obtainServer, SERVER_VERSION } from "./server-binaries";

/** Less than a test step may take; what Go has built by then is in its cache for the next time. */
const LIMIT_MS = 440_000;

/** Prepares the tests of the production server: what cannot be had is said, and those tests are left out. */
async function main(): Promise<void> {
  try {
    const { server } = await obtainServer(process.env, LIMIT_MS);
    process.stdout.write(`Temporal server ${SERVER_VERSION}: ${server}\n`);
  } catch (error) {
    if (!isRunbookError(error)) throw error;
    process.stdout.write(`no Temporal server: ${error.message}\n`);
  }
}

void main();
