import type { PostgresServer } from "../../../../activities/postgres/port";
import { runMark } from "../../../../activities/postgres/run-mark";
import { standbySettings } from "../../../../activities/postgres/standby/standby-settings";

const server = (id: string): PostgresServer => ({
  ...{ id, osUser: "postgres", dataDirectory: "/pg/data", workFolder: "/pg" },
  ssh: {} as PostgresServer["ssh"],
  sql: {
    ...{ address: `${id}.example`, port: 5433, user: "admin" },
    ...{ database: "postgres", tls: { mode: "verify-full" } },
  },
  replication: { user: "repl", passfile: "/pg/pass", sslmode: "verify-full" },
});

describe("the settings of a standby", () => {
  const run = runMark({ workflowId: "replica-setup:a", rootRunId: "r" });
  const text = standbySettings({
    ...{ run, server: server("b"), upstream: server("a"), slot: "rb_x" },
    settings: { port: "5433" },
  });

  it("lead to its upstream by the passfile, and end a connection that nobody answers within half a minute", () => {
    expect(text.split("\n")).toContain(
      `primary_conninfo = 'host=a.example port=5433 user=repl passfile=/pg/pass sslmode=verify-full application_name=rb_${run.short} keepalives_idle=10 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=25000'`,
    );
  });

  it("name its slot and follow whatever timeline comes", () => {
    expect(text).toContain("primary_slot_name = 'rb_x'\n");
    expect(text).toContain("recovery_target_timeline = 'latest'\n");
    expect(text).toContain("port = '5433'\n");
  });
});
