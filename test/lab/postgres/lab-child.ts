/** Starts a lab with PostgreSQL in the folder it is given, says so, and waits to be killed. */
import { startPostgresLab } from "../../../lab/postgres/lab";

void startPostgresLab({ dir: process.argv[2] ?? "", sizeMb: 1 }).then(
  async ({ postgres }) => {
    console.log(String(await postgres.primary.pid()));
  },
);
