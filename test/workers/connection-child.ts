/** Tries to connect as a client and as a worker, tells how each went, and ends when nothing keeps it alive. */
import { connectClient, connectNative } from "../../workers/connection";

void (async () => {
  for (const connect of [connectClient, connectNative])
    await connect(process.env, { timeoutMs: 300 }).catch((error: unknown) =>
      console.log(String(error).split("\n")[0]),
    );
})();
