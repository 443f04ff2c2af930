import { egressError } from "../../../activities/egress/errors";
import { everywhere } from "../../../activities/egress/everywhere";
import { gateway } from "../../runbooks/egress-migration/samples";

const gateways = ["gw-1", "gw-2", "gw-3"].map((id) => gateway(id));
const failing =
  (...ids: string[]) =>
  async ({ id }: { readonly id: string }): Promise<string> => {
    if (ids.includes(id)) throw egressError("failed", { seen: `${id} is ill` });
    return id;
  };

describe("work on every gateway", () => {
  it("comes back in the order of the gateways", async () => {
    expect(await everywhere(gateways, failing())).toEqual([
      ...["gw-1", "gw-2", "gw-3"],
    ]);
  });

  it("is done on the others before one failure is told", async () => {
    const done: string[] = [];
    const work = everywhere(gateways, async (one) => {
      const id = await failing("gw-1")(one);
      done.push(id);
      return id;
    });
    await expect(work).rejects.toMatchObject({
      ...{ type: "egress.failed", failureClass: "human" },
      seen: "gw-1: gw-1 is ill; done on the other 2",
    });
    expect(done).toEqual(["gw-2", "gw-3"]);
  });

  it("says what each has seen, and claims no others when all failed", async () => {
    await expect(
      everywhere(gateways, failing("gw-1", "gw-2", "gw-3")),
    ).rejects.toMatchObject({
      seen: "gw-1: gw-1 is ill; gw-2: gw-2 is ill; gw-3: gw-3 is ill",
    });
  });

  it("passes on what is no failure of a closed list", async () => {
    const bug = new TypeError("a bug");
    await expect(everywhere(gateways, () => Promise.reject(bug))).rejects.toBe(
      bug,
    );
  });
});
