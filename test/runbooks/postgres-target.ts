import { configurationSchema } from "../../activities/configuration/port";
import { hostSchema } from "../../activities/inventory/port";
import type { PlanningPorts } from "../../runbooks/planning";

/** Of the target `prod`. */
const postgres = {
  user: "runbook",
  dataDirectory: "/srv/pg/data",
  workFolder: "/srv/pg/backups",
  replication: { user: "repl" },
};

type PlanFor<Plan> = (input: unknown, deps: PlanningPorts) => Promise<Plan>;

/**
 * What a runbook says to inputs for target `prod`, which has `postgres`; target `web` has none.
 *
 * @param hosts ids of those that both have
 */
export class PostgresTarget<Plan> {
  constructor(
    private readonly planFor: PlanFor<Plan>,
    private readonly hosts: readonly string[] = ["db-1", "db-2"],
  ) {}

  /** @param section changes to `postgres` */
  plan = (input: object, section: object = {}): Promise<Plan> =>
    this.planFor(input, this.ports(this.configuration(section).data));

  /** Each fault of input or configuration, as a person reads it; none when there is a plan. */
  faultsOf = async (input: object, section?: object): Promise<string[]> => {
    const { error } = this.configuration(section);
    if (error !== undefined)
      return error.issues.map(
        ({ path, message }) => `${path.join(".")}: ${message}`,
      );
    try {
      await this.plan(input, section);
      return [];
    } catch (fault) {
      expect(fault).toMatchObject({ type: "input.invalid" });
      return (fault as Error).message
        .split("\n")
        .filter((line) => line.startsWith("  "))
        .map((line) => line.trim());
    }
  };

  pathsOf = async (input: object, section?: object): Promise<string[]> =>
    (await this.faultsOf(input, section)).map(
      (line) => line.split(":")[0] ?? "",
    );

  private configuration(section: object = {}) {
    const inventory = { file: "/etc/hosts.yaml" };
    return configurationSchema.safeParse({
      targets: {
        prod: { inventory, postgres: { ...postgres, ...section } },
        web: { inventory },
      },
      components: {},
    });
  }

  private ports(
    configuration: ReturnType<typeof configurationSchema.parse> | undefined,
  ): PlanningPorts {
    return {
      configuration: { read: async () => configuration! },
      inventory: {
        resolve: async () =>
          this.hosts.map((id, at) =>
            hostSchema.parse({ id, address: `127.0.0.${at + 1}` }),
          ),
        shouldBeAlive: async () => true,
      },
      roster: { read: async () => ({ people: [], oncall: {} }) as never },
    };
  }
}
