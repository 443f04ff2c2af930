/** Starts a server, prints its process id and waits to be killed. */
import { startDevServer } from "../../../lab/temporal/dev-server";

void startDevServer({ ui: false }).then((server) => {
  console.log(String(server.pid));
  setInterval(() => undefined, 60_000);
});
