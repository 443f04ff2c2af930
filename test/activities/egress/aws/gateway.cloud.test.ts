import { describeWhen } from "../../../harness/describe-when";
import { missingForMoto } from "../../../harness/moto";
import {
  allocate,
  but,
  madeFor,
  madeOf,
  openAccount,
  order,
  routesOf,
  type Account,
} from "./account";

const shop = "198.51.100.7";
const blog = "198.51.100.8";
const all = "0.0.0.0/0";

describeWhen(missingForMoto())("a NAT gateway that gets a successor", () => {
  let account: Account;
  // The first start on a machine brings moto.
  beforeAll(async () => {
    account = await openAccount();
  }, 360_000);
  afterAll(() => account.close());

  async function provisioned(tables?: number) {
    const { owner, egress, estate } = account;
    const gateway = await estate(tables);
    await egress.provision(gateway);
    const old = gateway.natGateway;
    const fresh = await madeOf(owner, gateway);
    const [table = ""] = gateway.routeTables;
    return { owner, egress, gateway, table, old, fresh };
  }

  describe("when it is provisioned", () => {
    it("is a new one with all new addresses, and nothing leads there yet", async () => {
      const { owner, egress, gateway, table, old } = await provisioned();
      const made = await madeFor(owner, gateway);
      const addresses = made[0]?.NatGatewayAddresses ?? [];
      expect(addresses.map(({ PublicIp }) => PublicIp)).toEqual(gateway.new);
      expect(await routesOf(owner, table)).toEqual({ [all]: old });
      expect(await egress.look(gateway)).toEqual({
        gateway: "nat-1",
        at: 1_000,
        counters: {
          opened: 0,
          insertFailed: 0,
          drop: 0,
          earlyDrop: 0,
          found: 0,
        },
        entries: 0,
        mostEntries: 0,
        onOld: 0,
        onNew: 0,
        tuples: [],
        rules: "absent",
        generation: 0,
        ...{ lacks: [], lacksOld: [] },
      });
    });

    it("is made once, however often it is asked for", async () => {
      const { owner, egress, gateway } = await provisioned();
      await Promise.all([egress.provision(gateway), egress.provision(gateway)]);
      expect(await madeFor(owner, gateway)).toHaveLength(1);
    });

    it("is one that works also when two ask for it at the same moment", async () => {
      const { owner, egress, estate } = account;
      const gateway = await estate();
      // An address is on one gateway only: whoever comes second is told so, and finds the other's when it asks again.
      await Promise.allSettled([
        egress.provision(gateway),
        egress.provision(gateway),
      ]);
      await egress.provision(gateway);
      const made = await madeFor(owner, gateway);
      const live = made.filter(({ State }) => State === "available");
      expect(live).toHaveLength(1);
      expect((await egress.look(gateway)).lacks).toEqual([]);
    });

    it("is made once also when the answer to its making was lost", async () => {
      const { owner, egressOver, egress, estate } = account;
      const gateway = await estate();
      const forgetful = egressOver((ec2) =>
        but(ec2, {
          // As EC2 is for some seconds: it does not tell yet of what it has made.
          taggedGateways: () => Promise.resolve([]),
          createNatGateway: async (wanted) => {
            await ec2.createNatGateway(wanted);
            throw new Error("the link is lost");
          },
        }),
      );
      for (const _ of [1, 2])
        await expect(forgetful.provision(gateway)).rejects.toThrow("link");
      await egress.provision(gateway);
      expect(await madeFor(owner, gateway)).toHaveLength(1);
    });

    it("gets the addresses that an earlier call did not come to", async () => {
      const { owner, egress, estate } = account;
      const gateway = await estate();
      await owner.createNatGateway({
        SubnetId: gateway.subnet,
        AllocationId: gateway.allocations[0],
        TagSpecifications: [
          {
            ResourceType: "natgateway",
            Tags: [
              { Key: "upgrade-runbooks:replaces", Value: gateway.natGateway },
            ],
          },
        ],
      });
      expect((await egress.look(gateway)).lacks).toEqual([gateway.new[1]]);
      await egress.provision(gateway);
      expect((await egress.look(gateway)).lacks).toEqual([]);
      expect(await madeFor(owner, gateway)).toHaveLength(1);
    });

    it("tells why it failed, and is made anew once that is mended", async () => {
      const { owner, egress, estate } = account;
      const gateway = await estate();
      const other = await owner.createNatGateway({
        SubnetId: gateway.subnet,
        AllocationId: gateway.allocations[0],
      });
      await expect(egress.provision(gateway)).rejects.toMatchObject({
        type: "egressAws.gatewayFailed",
        failureClass: "human",
        seen: expect.stringContaining("is already associated"),
      });
      const inTheWay = other.NatGateway?.NatGatewayId;
      await owner.deleteNatGateway({ NatGatewayId: inTheWay });
      while ((await stateOf(inTheWay)) !== "deleted");
      await egress.provision(gateway);
      expect((await egress.look(gateway)).lacks).toEqual([]);
    });

    const stateOf = async (id: string | undefined) => {
      const { NatGateways = [] } = await account.owner.describeNatGateways({
        NatGatewayIds: [id ?? ""],
      });
      return NatGateways[0]?.State;
    };
  });

  describe("when it is steered", () => {
    it("takes the destinations that are moved, then all but those that stay", async () => {
      const { owner, egress, gateway, table, old, fresh } = await provisioned();
      await egress.steer(gateway, order({ generation: 1, moved: [shop] }));
      expect(await routesOf(owner, table)).toEqual({
        [all]: old,
        [`${shop}/32`]: fresh,
      });
      const flip = order({ generation: 2, moved: [shop], stay: [blog] });
      await egress.steer(gateway, { ...flip, share: 100 });
      expect(await routesOf(owner, table)).toEqual({
        [all]: fresh,
        [`${blog}/32`]: old,
      });
      expect(await egress.look(gateway)).toMatchObject({
        rules: "ours",
        generation: 2,
      });
      await egress.steer(gateway, order({ generation: 3 }));
      expect(await routesOf(owner, table)).toEqual({ [all]: old });
    });

    it("leaves destinations alone that never left by it", async () => {
      const { owner, egress, gateway, table, old } = await provisioned();
      const { InternetGateway } = await owner.createInternetGateway({});
      await owner.createRoute({
        RouteTableId: table,
        DestinationCidrBlock: "198.51.100.0/24",
        GatewayId: InternetGateway?.InternetGatewayId,
      });
      await egress.steer(gateway, order({ moved: [shop] }));
      expect(await routesOf(owner, table)).toEqual({ [all]: old });
      expect((await egress.look(gateway)).rules).toBe("ours");
    });

    it.each([
      ["a share between", { share: 25 }, "a share of 25 percent"],
      [
        "some of its addresses for a destination",
        { usable: [{ tuple: `${shop}:443`, addresses: [] }] },
        `no address alone for ${shop}:443`,
      ],
    ])("does not know %s", async (_what, changes, seen) => {
      const { owner, egress, gateway, table, old } = await provisioned();
      await expect(egress.steer(gateway, order(changes))).rejects.toMatchObject(
        {
          type: "egressAws.notSupported",
          failureClass: "stop",
          seen: expect.stringContaining(seen),
        },
      );
      expect(await routesOf(owner, table)).toEqual({ [all]: old });
    });

    it("refuses more routes than a table may have before the first of them", async () => {
      const { owner, egress, gateway, table, old } = await provisioned();
      // Of the VPC and the default there are two already.
      const moved = Array.from({ length: 49 }, (_, at) => `198.51.100.${at}`);
      await expect(
        egress.steer(gateway, order({ moved })),
      ).rejects.toMatchObject({
        type: "egressAws.tooManyRoutes",
        seen: `${table} would have 51 routes, expected 50 at most`,
      });
      expect(await routesOf(owner, table)).toEqual({ [all]: old });
      await egress.steer({ ...gateway, mostRoutes: 51 }, order({ moved }));
      expect(Object.keys(await routesOf(owner, table))).toHaveLength(50);
    });

    it("refuses an order that comes late, and takes the same one again", async () => {
      const { owner, egress, gateway, table, fresh } = await provisioned(2);
      const last = order({ generation: 7, share: 100 });
      await egress.steer(gateway, last);
      await expect(
        egress.steer(gateway, order({ generation: 6 })),
      ).rejects.toMatchObject({
        type: "egressAws.superseded",
        failureClass: "stop",
      });
      await egress.steer(gateway, last);
      await egress.reload(gateway, 7);
      expect(await routesOf(owner, table)).toEqual({ [all]: fresh });
    });

    it("is refused without a snapshot", async () => {
      const { egress, estate } = account;
      await expect(
        egress.steer(await estate(), order({ share: 100 })),
      ).rejects.toMatchObject({ type: "egressAws.notProvisioned" });
    });

    it("shows what was changed by hand, and is as ordered once it is steered again", async () => {
      const { owner, egress, gateway, table, old } = await provisioned();
      const flip = order({ generation: 2, share: 100 });
      await egress.steer(gateway, flip);
      await owner.replaceRoute({
        RouteTableId: table,
        DestinationCidrBlock: all,
        NatGatewayId: old,
      });
      expect((await egress.look(gateway)).rules).toBe("changed");
      await expect(egress.reload(gateway, 2)).rejects.toMatchObject({
        type: "egressAws.changedByHand",
      });
      await egress.steer(gateway, flip);
      expect((await egress.look(gateway)).rules).toBe("ours");
    });
  });

  describe("when it is taken back", () => {
    it("has its routes as before, its successor is gone, and a late order changes nothing", async () => {
      const { owner, egress, gateway, table, old } = await provisioned(2);
      await egress.steer(
        gateway,
        order({ generation: 2, share: 100, stay: [blog] }),
      );
      await egress.restore(gateway, 3);
      await egress.restore(gateway, 3);
      for (const id of gateway.routeTables)
        expect(await routesOf(owner, id)).toEqual({ [all]: old });
      expect(await madeOf(owner, gateway)).toBe("none");
      expect(await egress.look(gateway)).toMatchObject({
        rules: "absent",
        generation: 0,
        lacks: gateway.new,
      });
      await expect(egress.restore(gateway, 2)).rejects.toMatchObject({
        type: "egressAws.superseded",
      });
      await egress.provision(gateway);
      await expect(
        egress.steer(gateway, order({ generation: 2, share: 100 })),
      ).rejects.toMatchObject({ type: "egressAws.superseded" });
      expect(await routesOf(owner, table)).toEqual({ [all]: old });
    });

    it("has them so also when somebody deleted its successor", async () => {
      const { owner, egress, gateway, table, old, fresh } = await provisioned();
      await egress.steer(gateway, order({ generation: 1, moved: [shop] }));
      await owner.deleteNatGateway({ NatGatewayId: fresh });
      while ((await madeOf(owner, gateway)) !== "none");
      await egress.restore(gateway, 2);
      expect(await routesOf(owner, table)).toEqual({ [all]: old });
    });
  });

  describe("when the old one is given up", () => {
    it("waits until no route of any table leads there", async () => {
      const { owner, egress, gateway, table } = await provisioned();
      const staying = order({ generation: 1, share: 100, stay: [blog] });
      await egress.steer(gateway, staying);
      await expect(egress.retire(gateway, {})).rejects.toMatchObject({
        type: "egressAws.stillUsed",
        failureClass: "wait",
        seen: expect.stringContaining(`${blog}/32 of ${table} lead to`),
      });
      await egress.steer(gateway, order({ generation: 2, share: 100 }));
      await egress.retire(gateway, {});
      await egress.retire(gateway, {});
      await egress.bringBack(gateway);
      await expect(egress.release(gateway)).rejects.toMatchObject({
        type: "egressAws.notRetired",
      });
      const { Addresses } = await owner.describeAddresses({
        PublicIps: [...gateway.old],
      });
      expect(Addresses).toHaveLength(1);
    });

    it("is deleted with its addresses, once, and nothing brings it back", async () => {
      const { owner, egress, gateway, table, fresh } = await provisioned();
      await egress.steer(gateway, order({ share: 100 }));
      await egress.retire(gateway, {});
      await egress.release(gateway);
      await egress.release(gateway);
      const Name = "public-ip";
      const { Addresses } = await owner.describeAddresses({
        Filters: [{ Name, Values: [...gateway.old] }],
      });
      expect(Addresses).toEqual([]);
      expect(await routesOf(owner, table)).toEqual({ [all]: fresh });
      expect((await egress.look(gateway)).rules).toBe("ours");
      for (const back of [
        egress.bringBack(gateway),
        egress.restore(gateway, 9),
      ])
        await expect(back).rejects.toMatchObject({ type: "egressAws.gone" });
    });

    it("keeps an address that is on something else by now", async () => {
      const { owner, egress, gateway } = await provisioned();
      await egress.steer(gateway, order({ share: 100 }));
      await egress.retire(gateway, {});
      const foreign = await allocate(owner);
      await owner.createNatGateway({
        SubnetId: gateway.subnet,
        AllocationId: foreign.id,
      });
      const careless = { ...gateway, old: [...gateway.old, foreign.address] };
      await expect(egress.release(careless)).rejects.toMatchObject({
        type: "egressAws.refused",
        seen: `${foreign.address} is in use by something else; it was not released`,
      });
    });
  });

  it("is sound as long as nothing is missing", async () => {
    const { egress, estate } = account;
    const gateway = await estate();
    expect(await egress.inspect(gateway)).toMatchObject({
      gateway: "nat-1",
      portHoldS: 350,
      mostEntries: 0,
      faults: [],
    });
    await egress.provision(gateway);
    await egress.steer(gateway, order({ share: 100 }));
    expect((await egress.inspect(gateway)).faults).toEqual([]);
  });

  it("tells all that keeps it from being moved", async () => {
    const { owner, egress, estate } = account;
    const [gateway, other] = [await estate(2), await estate()];
    const { natGateway, routeTables, allocations } = gateway;
    const [first = "", second = ""] = routeTables;
    await owner.deleteRoute({
      RouteTableId: first,
      DestinationCidrBlock: all,
    });
    const wrong = {
      ...gateway,
      old: ["203.0.113.1"],
      routeTables: [first, "rtb-00000000", ...other.routeTables],
      allocations: [allocations[0] ?? "", "eipalloc-00000000"],
    };
    const { faults } = await egress.inspect(wrong);
    expect(faults).toEqual([
      `${natGateway} does not have 203.0.113.1`,
      `${natGateway} also has ${gateway.old[0]}, which is not among the old addresses`,
      `EC2 of eu-central-1 has no route table rtb-00000000`,
      `${other.routeTables[0]} is in another VPC than ${natGateway}`,
      `the default route of ${first} does not lead to ${natGateway}`,
      `the default route of ${other.routeTables[0]} does not lead to ${natGateway}`,
      `${second} leads to ${natGateway}, too, and is not named`,
      "EC2 of eu-central-1 has no address eipalloc-00000000",
      `no allocation is named for ${gateway.new[1]}`,
    ]);
    const gone = { ...gateway, natGateway: "nat-00000000" };
    expect((await egress.inspect(gone)).faults).toContain(
      "EC2 of eu-central-1 has no NAT gateway nat-00000000 that works",
    );
  });

  it("is unavailable where nothing answers, and refused what EC2 refuses", async () => {
    const { egress, estate } = account;
    const gateway = await estate();
    const endpoint = "http://127.0.0.1:9";
    await expect(
      egress.inspect({ ...gateway, endpoint }),
    ).rejects.toMatchObject({
      type: "egressAws.unavailable",
      failureClass: "retry",
      seen: expect.stringMatching(
        /^DescribeNatGateways in eu-central-1 .*ECONN/,
      ),
    });
    await expect(
      egress.provision({ ...gateway, subnet: "subnet-00000000" }),
    ).rejects.toMatchObject({
      type: "egressAws.refused",
      seen: expect.stringContaining("CreateNatGateway in eu-central-1 failed"),
    });
  });
});
