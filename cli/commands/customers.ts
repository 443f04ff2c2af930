import type { Client } from "@temporalio/client";
import { openArtifacts } from "../../activities/artifacts/client";
import {
  customersStanding,
  type CustomersStanding,
} from "../../activities/customers/standing";
import {
  type CustomersSight,
  customersQuery,
} from "../../runbooks/egress-migration/messages";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { answer } from "../output";
import { artifactsOf } from "../settings";
import { withClient } from "../temporal";

const example = `
Example:
  $ runbook customers egress-migration:prod-eu:2026-11
  $ runbook customers egress-migration:prod-eu:2026-11 --csv > customers.csv`;

/** `runbook customers`: who lets the new addresses in, while the run goes on and afterwards. */
export function registerCustomers({ root, run }: Program): void {
  const command = root
    .command("customers")
    .summary("customers of an egress migration, by state and class")
    .description(
      "Reads what the passes over all customers have come to so far from the artifact store (RUNBOOK_ARTIFACTS). A worker answers where it stands.",
    )
    .argument("<id>", "workflow id of a run of egress-migration")
    .option("--csv", "a line for each customer, for spreadsheets")
    .addHelpText("after", example)
    .action((id: string, { csv }: { readonly csv?: boolean }) =>
      run(command, (context) =>
        withClient(context, (client) =>
          customers(context, client, { id, asCsv: csv === true }),
        ),
      ),
    );
}

async function customers(
  context: Context,
  client: Client,
  { id, asCsv }: { readonly id: string; readonly asCsv: boolean },
): Promise<void> {
  const order = await sightOf(client, id);
  const store = openArtifacts(artifactsOf(context.env));
  try {
    if (asCsv) {
      await customersStanding(store, order, (text) => context.out(text));
      return;
    }
    const standing = await customersStanding(store, order);
    answer(context, standing, wordsOf(standing));
  } finally {
    await store.close();
  }
}

/** @throws cli.noCustomers where no such run answers */
async function sightOf(client: Client, id: string): Promise<CustomersSight> {
  const asked = await client.workflow
    .getHandle(id)
    .query(customersQuery)
    .catch((error: unknown) => {
      throw cliError("noCustomers", {
        seen: `${id} tells nothing of customers: ${error instanceof Error ? error.message : String(error)}`,
        facts: { id },
        cause: error,
      });
    });
  if (asked !== undefined) return asked;
  const seen = `${id} has no plan yet`;
  throw cliError("noCustomers", { seen, facts: { id } });
}

function wordsOf({
  count,
  passes,
  states,
  classes,
  notReady,
}: CustomersStanding): string[] {
  if (passes === 0) return [`${count} customers, none of them asked yet`];
  const listed = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .sort(([, one], [, other]) => other - one)
      .map(([name, many]) => `${many} ${name}`)
      .join(", ");
  return [
    `${count} customers after ${passes} ${passes === 1 ? "pass" : "passes"}: ${listed(states)}`,
    `Last pass: ${listed(classes)}`,
    ...notReady.map((name) => `  ${name}`),
  ];
}
