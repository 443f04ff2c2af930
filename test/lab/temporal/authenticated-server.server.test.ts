import { Client, Connection, isGrpcServiceError } from "@temporalio/client";
import {
  type AuthenticatedRig,
  authenticatedMissing,
  startAuthenticatedRig,
} from "../../harness/authenticated";
import { describeWhen } from "../../harness/describe-when";

const PERMISSION_DENIED = 7;

describeWhen(authenticatedMissing())("a server that knows its callers", () => {
  let rig: AuthenticatedRig;
  beforeAll(async () => {
    rig = await startAuthenticatedRig();
  }, 180_000);
  afterAll(() => rig?.stop(), 60_000);

  async function started(workflowId: string) {
    const { workflow } = await rig.as("operator");
    const taskQueue = "unpolled";
    return workflow.start("nobody", { taskQueue, workflowId });
  }

  it("writes into the history who started a run and who signalled it, whatever their clients claim", async () => {
    const { workflowId } = await started("told");
    const ada = await rig.as("ada");
    await ada.workflow.getHandle(workflowId).signal("approve");
    const { events } = await ada.workflow.getHandle(workflowId).fetchHistory();
    const told = (events ?? [])
      .filter((event) => event.principal)
      .map(({ principal, ...event }) => [
        principal?.type,
        principal?.name,
        (
          event.workflowExecutionSignaledEventAttributes ??
          event.workflowExecutionStartedEventAttributes
        )?.identity,
      ]);
    expect(told).toContainEqual(["jwt", "operator", "somebody else"]);
    expect(told).toContainEqual(["jwt", "ada", "somebody else"]);
  });

  it("lets nobody signal who may only read", async () => {
    const { workflowId } = await started("read");
    const auditor = await rig.as("auditor", "read");
    const handle = auditor.workflow.getHandle(workflowId);
    expect(await codeOf(handle.signal("approve"))).toBe(PERMISSION_DENIED);
    expect((await handle.describe()).status.name).toBe("RUNNING");
  });

  it("lets nobody in without a token, or with one of another issuer", async () => {
    const { workflowId } = await started("stranger");
    const [head, body] = rig.token("ada", ["default:write"]).split(".");
    const forged = `${head}.${body}.${Buffer.alloc(256).toString("base64url")}`;
    for (const apiKey of [undefined, forged]) {
      const connection = Connection.lazy({
        address: rig.address,
        tls: false,
        ...(apiKey === undefined ? {} : { apiKey }),
      });
      const handle = new Client({ connection }).workflow.getHandle(workflowId);
      expect(await codeOf(handle.signal("approve"))).toBe(PERMISSION_DENIED);
      await connection.close();
    }
  });
});

async function codeOf(call: Promise<unknown>): Promise<number | undefined> {
  const error: unknown = await call.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  const inner = error instanceof Error ? error.cause : undefined;
  return [error, inner].find(isGrpcServiceError)?.code;
}
