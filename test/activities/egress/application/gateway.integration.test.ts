import { describeWhen } from "../../../harness/describe-when";
import { eventually } from "../../../harness/eventually";
import { missingForSoftware, order, startHost, startSite } from "./software";

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function scene() {
  const host = await startHost();
  undo.push(host.stop);
  const sites = await Promise.all([
    startSite("127.0.0.41"),
    startSite("127.0.0.42"),
  ]);
  for (const site of sites) undo.push(site.stop);
  const software = host.software();
  undo.push(software.end);
  const [shop, blog] = sites;
  return { ...host, one: host.gateway(), shop, blog, software };
}

const tupleOf = ({ address, port }: { address: string; port: number }) =>
  `${address}:${port}`;

describeWhen(missingForSoftware)("software that is told by its command", () => {
  it("takes a new address for the destinations that are moved, and for no other", async () => {
    const { egress, one, shop, blog, software } = await scene();
    await egress.provision(one);
    expect(one.old).toContain(await software.connect(shop.place));
    await egress.steer(one, order({ moved: [shop.place.address] }));
    expect(one.new).toContain(await software.connect(shop.place));
    expect(one.old).toContain(await software.connect(blog.place));
    // Told by the software; what counts is what the customers saw.
    await eventually(() => blog.seen[0]);
    expect(one.old).toContain(blog.seen[0]);
    expect(one.old).toContain(shop.seen[0]);
    expect(one.new).toContain(shop.seen[1]);
  });

  it("looks at its open connections by destination, and leaves open ones where they are", async () => {
    const { egress, one, shop, software } = await scene();
    await egress.provision(one);
    expect(await egress.look(one)).toMatchObject({
      gateway: "app-1",
      rules: "absent",
      generation: 0,
      onOld: 0,
      counters: { opened: 0, insertFailed: 0, found: 0 },
    });
    await software.connect(shop.place);
    await egress.steer(one, order({ generation: 4, share: 100 }));
    await software.connect(shop.place);
    await software.connect(shop.place);
    expect(await egress.look(one)).toMatchObject({
      rules: "ours",
      generation: 4,
      onOld: 1,
      onNew: 2,
      tuples: [{ tuple: tupleOf(shop.place), old: 1, new: 2 }],
      counters: { opened: 3 },
      lacks: [],
    });
  });

  it("keeps what shall stay on an old address at a share of 100", async () => {
    const { egress, one, shop, blog, software } = await scene();
    await egress.provision(one);
    const { address } = shop.place;
    await egress.steer(one, order({ stay: [address], share: 100 }));
    expect(one.old).toContain(await software.connect(shop.place));
    expect(one.new).toContain(await software.connect(blog.place));
  });

  it("uses for a destination only those new addresses that it lets in", async () => {
    const { egress, one, shop, software } = await scene();
    await egress.provision(one);
    const usable = [{ tuple: tupleOf(shop.place), addresses: ["127.0.0.32"] }];
    await egress.steer(one, order({ share: 100, usable }));
    const sources = new Set<string>();
    for (let times = 0; times < 12; times++)
      sources.add(await software.connect(shop.place));
    expect([...sources]).toEqual(["127.0.0.32"]);
  });

  it("refuses an order that comes late, and takes the same one again", async () => {
    const { egress, one, shop, software } = await scene();
    await egress.provision(one);
    const last = order({ generation: 7, share: 100 });
    await egress.steer(one, last);
    const late = order({ generation: 6, stay: [shop.place.address] });
    await expect(egress.steer(one, late)).rejects.toMatchObject({
      type: "egressApplication.superseded",
      failureClass: "stop",
    });
    await expect(egress.reload(one, 6)).rejects.toMatchObject({
      type: "egressApplication.superseded",
    });
    expect(one.new).toContain(await software.connect(shop.place));
    await egress.steer(one, last);
    await egress.reload(one, 7);
  });

  it("is as before once it is restored, and refuses late orders all the same", async () => {
    const { egress, one, shop, software } = await scene();
    await egress.provision(one);
    await egress.steer(one, order({ generation: 3, share: 100 }));
    await egress.restore(one, 4);
    await egress.restore(one, 4);
    expect(await egress.look(one)).toMatchObject({
      rules: "absent",
      generation: 0,
    });
    const late = order({ generation: 3, share: 100 });
    await expect(egress.steer(one, late)).rejects.toMatchObject({
      type: "egressApplication.superseded",
    });
    // As the kernel has it, which is how the software went out before.
    expect(one.new).not.toContain(await software.connect(shop.place));
  });

  it("gives up its old addresses when nothing is open on them, or what is open may be cut, and takes them back", async () => {
    const { egress, gateway, one, shop, software } = await scene();
    await egress.provision(one);
    await software.connect(shop.place);
    await egress.steer(one, order({ share: 100 }));
    await expect(egress.retire(one, {})).rejects.toMatchObject({
      type: "egressApplication.stillUsed",
      failureClass: "wait",
      seen: expect.stringContaining("1 connections are open on old addresses"),
    });
    await egress.retire(one, { cut: true });
    await egress.bringBack(one);
    await software.end();
    await eventually(async () =>
      (await egress.look(gateway())).onOld === 0 ? true : undefined,
    );
    await egress.retire(one, {});
    await egress.retire(one, {});
    await egress.bringBack(one);
    await egress.release(one);
  });

  it("tells of itself, and what keeps it from doing its part", async () => {
    const { egress, gateway, one } = await scene();
    expect(await egress.inspect(one)).toMatchObject({
      gateway: "app-1",
      mostEntries: 0,
      portHoldS: 60,
      faults: [],
    });
    const foreign = gateway({ old: ["203.0.113.251"], new: ["203.0.113.252"] });
    expect((await egress.inspect(foreign)).faults).toEqual([
      "nothing can be sent from 203.0.113.251",
    ]);
    expect((await egress.look(foreign)).lacks).toEqual(["203.0.113.252"]);
    await expect(egress.provision(foreign)).rejects.toMatchObject({
      type: "egressApplication.failed",
      seen: expect.stringContaining("this host lacks ['203.0.113.252']"),
    });
  });
});
