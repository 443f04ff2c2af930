import { hostSchema } from "../../../activities/inventory/port";
import { balancerSchema } from "../../../activities/loadbalancer/port";
import { knowsServers } from "../../../cli/doctor/balancer";
import { describeWhen } from "../../harness/describe-when";
import { Haproxy, withoutHaproxy } from "../../harness/haproxy";

describeWhen(withoutHaproxy())("runbook doctor at a real HAProxy", () => {
  let haproxy: Haproxy;
  beforeAll(async () => {
    const servers = ["a", "b"].map((name) => ({
      name,
      address: "127.0.0.1",
      port: 9,
    }));
    haproxy = await Haproxy.start({ servers, check: false });
  });
  afterAll(() => haproxy.stop());

  const hosts = (...ids: string[]) =>
    ids.map((id) => hostSchema.parse({ id, address: "127.0.0.1" }));
  const behind = (over: object = {}) =>
    balancerSchema.parse({
      haproxy: { sockets: [haproxy.socket], backend: "app", ...over },
    });

  it("finds the server of every host", async () => {
    expect(await knowsServers(behind(), hosts("a", "b"))).toEqual({
      verdict: "pass",
      seen: "the servers of all 2",
    });
  });

  it("names servers that the balancer does not have", async () => {
    expect(await knowsServers(behind(), hosts("a", "c"))).toMatchObject({
      verdict: "fail",
      seen: `no app/c at ${haproxy.socket}`,
    });
    const other = behind({ backend: "web" });
    expect(await knowsServers(other, hosts("a"))).toMatchObject({
      verdict: "fail",
      seen: `no web/a at ${haproxy.socket}`,
    });
  });

  it("says where nobody listens", async () => {
    const nowhere = behind({ sockets: [`${haproxy.socket}.gone`] });
    await expect(knowsServers(nowhere, hosts("a"))).rejects.toMatchObject({
      type: "balancer.unreachable",
    });
  });

  it("runs no command for a look", async () => {
    const command = { drain: ["false"], undrain: ["false"] };
    const balancer = balancerSchema.parse({ command });
    expect(await knowsServers(balancer, hosts("a"))).toMatchObject({
      verdict: "inconclusive",
    });
  });
});
