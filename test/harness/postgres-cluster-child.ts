/** Starts servers, prints their process ids and their folder, and waits to be killed. */
import { startPgLab } from "./postgres-cluster";

void startPgLab({ fill: false }).then(async ({ primary, folder }) => {
  console.log(`${String(await primary.pid())} ${folder}`);
});
