/** Resolves with the real downloader and prints the answer as one line of JSON. */
import { resolveTemporal } from "../../../lab/temporal/resolve";

void resolveTemporal().then(
  (found) => console.log(JSON.stringify(found)),
  (error: unknown) => console.log(JSON.stringify({ error: String(error) })),
);
