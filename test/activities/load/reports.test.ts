import { checkStorm } from "../../../activities/load/orders";
import type { StormOrder } from "../../../activities/load/port";
import { readApplication, readStorm } from "../../../activities/load/reports";
import { hostSchema } from "../../../activities/inventory/port";
import { sshAccessSchema } from "../../../activities/ssh/port";

const seen = (end: string): string =>
  JSON.stringify({
    ...{ end, activeOpens: 40, carried: { peak: 9, heldS: 31.5 } },
    sockets: [["198.51.100.7:443", 12]],
  });

test("a command's own count of connections goes before the host's", () => {
  const own = seen('{"requests":10,"failed":1,"opened":3,"more":true}');
  expect(readApplication("app-1", own, false)).toEqual({
    ...{ host: "app-1", requests: 10, failed: 1, opened: 3 },
    sockets: [{ tuple: "198.51.100.7:443", most: 12 }],
  });
});

test("a command that counts none takes the host's count", () => {
  const without = seen('{"requests":10,"failed":0}');
  expect(readApplication("app-1", without, false)).toMatchObject({
    ...{ opened: 40, openedByHost: true },
  });
});

test.each(["", "all done", "[]", '{"requests":-1,"failed":0}', '{"failed":0}'])(
  "a command whose last line is %p has no report",
  (last) => {
    expect(() => readApplication("app-1", seen(last), false)).toThrow(
      expect.objectContaining({ type: "load.badReport" }) as Error,
    );
  },
);

test("a command that was to carry a peak tells how its connections opened, and the host what it carried", () => {
  const own = seen('{"requests":10,"failed":0,"opened":3,"p999Ms":41}');
  expect(readApplication("app-1", own, true).carried).toEqual({
    ...{ peak: 9, heldS: 31.5, p999Ms: 41 },
  });
  const silent = seen('{"requests":10,"failed":0,"opened":3}');
  expect(() => readApplication("app-1", silent, true)).toThrow("p999Ms");
});

test.each(["", "Traceback", "{}", '{"total":{},"destinations":[]}'])(
  "a storm that says %p has broken",
  (said) => {
    expect(() => readStorm("app-1", said)).toThrow(
      expect.objectContaining({ type: "load.stormBroke" }) as Error,
    );
  },
);

const order: StormOrder = {
  host: {
    id: "app-1",
    ssh: {
      host: hostSchema.parse({ id: "app-1", address: "127.0.0.1" }),
      access: sshAccessSchema.parse({}),
    },
  },
  ...{ key: "run/app-1/stress/1", holdS: 60, lifeS: 10 },
  destinations: [{ tuple: "198.51.100.7:443", connections: 10 }],
};

test("an order of addresses of both kinds is taken", () => {
  const six = { tuple: "[2001:db8::7]:443", connections: 1 };
  const both = [...order.destinations, six];
  expect(() => checkStorm({ ...order, destinations: both })).not.toThrow();
});

test("every fault of an order is told at once", () => {
  const tuples = ["site.example:443", "198.51.100.7", "198.51.100.7:70000"];
  const destinations = tuples.map((tuple) => ({ tuple, connections: 0 }));
  const bad = { ...order, destinations, lifeS: 0 };
  expect(() => checkStorm(bad)).toThrow(/has 7 faults/);
});
