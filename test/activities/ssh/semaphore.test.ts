import { createSemaphore } from "../../../activities/ssh/semaphore";

const two = () => 2;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("admits up to the limit, then in the order of the calls", async () => {
  const door = createSemaphore();
  const order: number[] = [];
  const enter = async (n: number) => {
    const leave = await door.enter(two);
    order.push(n);
    return leave;
  };
  const first = await enter(1);
  const second = await enter(2);
  const third = enter(3);
  const fourth = enter(4);
  await settled();
  expect(order).toEqual([1, 2]);
  first();
  await third;
  expect(order).toEqual([1, 2, 3]);
  second();
  await fourth;
  expect(order).toEqual([1, 2, 3, 4]);
});

test("a place that is given back twice is one place", async () => {
  const door = createSemaphore();
  const leave = await door.enter(two);
  await door.enter(two);
  leave();
  leave();
  expect(door.taken).toBe(1);
});

test("who gives up waiting takes no place and tells the reason", async () => {
  const door = createSemaphore();
  const leave = await door.enter(() => 1);
  const abort = new AbortController();
  const waiting = door.enter(() => 1, abort.signal);
  const next = door.enter(() => 1);
  const reason = new Error("cancelled");
  abort.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  leave();
  await next;
  expect(door.taken).toBe(1);
});

test("who gives up lets those in whom only he held up", async () => {
  const door = createSemaphore();
  await door.enter(two);
  const abort = new AbortController();
  const narrow = door.enter(() => 1, abort.signal);
  const wide = door.enter(two);
  abort.abort(new Error("cancelled"));
  await expect(narrow).rejects.toThrow("cancelled");
  await wide;
  expect(door.taken).toBe(2);
});

test("an abort after the place was taken changes nothing", async () => {
  const door = createSemaphore();
  const abort = new AbortController();
  const leave = await door.enter(() => 1);
  const waiting = door.enter(() => 1, abort.signal);
  leave();
  await waiting;
  abort.abort(new Error("late"));
  expect(door.taken).toBe(1);
});

test("a limit that has sunk holds until enough have left", async () => {
  const door = createSemaphore();
  let limit = 3;
  const leaves = [];
  for (let i = 0; i < 3; i++) leaves.push(await door.enter(() => limit));
  limit = 1;
  let admitted = false;
  const waiting = door.enter(() => limit).then(() => (admitted = true));
  leaves[0]?.();
  leaves[1]?.();
  await settled();
  expect(admitted).toBe(false);
  leaves[2]?.();
  await waiting;
  expect(door.taken).toBe(1);
});
