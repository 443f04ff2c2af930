import type { AwsGateway, Steering } from "../../../../activities/egress/port";
import { describeWhen } from "../../../harness/describe-when";
import { missingForMoto } from "../../../harness/moto";
import {
  but,
  madeOf,
  openAccount,
  order,
  routesOf,
  type Account,
} from "./account";

const addresses = Array.from({ length: 4 }, (_, at) => `198.51.100.${at}`);
const [shop = "", blog = "", mail = "", rest = ""] = addresses;
const all = "0.0.0.0/0";

const wayOf = (routes: Readonly<Record<string, string>>, address: string) =>
  routes[`${address}/32`] ?? routes[all];

/** Both move and stay, so that each kind of call is among those that lead from one to the other. */
const earlier = order({ generation: 1, moved: [shop, mail] });
const later = order({
  generation: 2,
  share: 100,
  moved: [shop, mail],
  stay: [blog, mail],
});

describeWhen(missingForMoto())("an order that is cut off", () => {
  let account: Account;
  beforeAll(async () => {
    account = await openAccount();
  }, 360_000);
  afterAll(() => account.close());

  /** Routes change as far as the given call, which is lost before it or behind it. */
  function cutAt(last: number, when: "before" | "behind") {
    let call = 0;
    const counted =
      <Words extends readonly string[]>(
        work: (...words: Words) => Promise<void>,
      ) =>
      async (...words: Words): Promise<void> => {
        call += 1;
        if (call === last && when === "before") throw new Error("cut off");
        await work(...words);
        if (call === last) throw new Error("cut off");
      };
    const egress = account.egressOver((ec2) =>
      but(ec2, {
        createRoute: counted((...words) => ec2.createRoute(...words)),
        replaceRoute: counted((...words) => ec2.replaceRoute(...words)),
        deleteRoute: counted((table, block) => ec2.deleteRoute(table, block)),
      }),
    );
    return { egress, isOver: () => call < last };
  }

  const waysOf = async (gateway: AwsGateway) => {
    const routes = await routesOf(account.owner, gateway.routeTables[0] ?? "");
    return addresses.map((address) => wayOf(routes, address));
  };

  it.each<[string, Steering, Steering]>([
    ["forth", earlier, later],
    ["back", { ...later, generation: 1 }, { ...earlier, generation: 2 }],
  ])(
    "at any call on the way %s leaves each destination where it was or shall be, and goes on when it comes again",
    async (_way, first, second) => {
      const { egress, estate, owner } = account;
      const gateway = await estate();
      await egress.provision(gateway);
      const fresh = await madeOf(owner, gateway);
      const old = gateway.natGateway;
      const wanted = (steering: Steering) =>
        addresses.map((address) =>
          steering.stay.includes(address)
            ? old
            : steering.share === 100 || steering.moved.includes(address)
              ? fresh
              : old,
        );
      let generation = 2;
      for (let last = 1; ; last++) {
        const when = last % 2 === 0 ? "before" : "behind";
        await egress.steer(gateway, { ...first, generation: generation++ });
        expect(await waysOf(gateway)).toEqual(wanted(first));
        const target = { ...second, generation: generation++ };
        const cut = cutAt(last, when);
        const ended = await cut.egress.steer(gateway, target).then(
          () => "whole",
          () => "cut",
        );
        const ways = await waysOf(gateway);
        for (const [at, way] of ways.entries())
          expect([wanted(first)[at], wanted(second)[at]]).toContain(way);
        await egress.steer(gateway, target);
        expect(await waysOf(gateway)).toEqual(wanted(second));
        expect(await egress.look(gateway)).toMatchObject({
          rules: "ours",
          generation: target.generation,
        });
        if (ended === "whole" && cut.isOver()) break;
        // Half an order is not taken for a whole one.
        expect(last).toBeLessThan(20);
      }
      expect(rest).not.toBe("");
    },
  );

  it("is told as changed while it is half done", async () => {
    const { egress, estate } = account;
    const gateway = await estate();
    await egress.provision(gateway);
    const cut = cutAt(2, "before");
    await expect(cut.egress.steer(gateway, earlier)).rejects.toThrow("cut off");
    expect(await egress.look(gateway)).toMatchObject({
      rules: "changed",
      generation: 1,
    });
  });

  it("gives way to a later one that overtakes it, within ten calls", async () => {
    const { egress, egressOver, estate, owner } = account;
    const gateway = { ...(await estate()), mostRoutes: 100 };
    await egress.provision(gateway);
    const moved = Array.from({ length: 40 }, (_, at) => `198.51.100.${at}`);
    const overtaking = order({ generation: 8 });
    let calls = 0;
    const slow = egressOver((ec2) =>
      but(ec2, {
        createRoute: async (...words) => {
          if (++calls === 5) await egress.steer(gateway, overtaking);
          await ec2.createRoute(...words);
        },
      }),
    );
    await expect(
      slow.steer(gateway, order({ generation: 7, moved })),
    ).rejects.toMatchObject({ type: "egressAws.superseded" });
    expect(calls).toBe(10);
    // What came late is seen, and the later order takes it away.
    expect((await egress.look(gateway)).rules).toBe("changed");
    await egress.steer(gateway, overtaking);
    expect(await routesOf(owner, gateway.routeTables[0] ?? "")).toEqual({
      [all]: gateway.natGateway,
    });
  });

  it("is told as not settled when EC2 never shows what was asked of it", async () => {
    const { egress, egressOver, estate } = account;
    const gateway = await estate();
    await egress.provision(gateway);
    const deaf = egressOver((ec2) =>
      but(ec2, { createRoute: () => Promise.resolve() }),
    );
    await expect(deaf.steer(gateway, earlier)).rejects.toMatchObject({
      type: "egressAws.notSettled",
      failureClass: "retry",
    });
  });
});
