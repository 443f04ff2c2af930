/**
 * Loaded before a worker by `node --require`: the worker kills itself by SIGKILL at the first attempt of each activity that
 * `DIES_AT` names: when the effect is there and nobody has been told, or, of those that `DIES_DURING` names, in its middle.
 * What was under way stands in the file `DIES_LOG`, a line for each death.
 */
const { appendFileSync } = require("node:fs");
const { setTimeout: pause } = require("node:timers/promises");
const { Context } = require("@temporalio/activity");
const compose = require("../../dist/workers/compose");

const names = (variable) => new Set((process.env[variable] ?? "").split(","));
const deadly = names("DIES_AT");
const during = names("DIES_DURING");
const middleMs = 400;
const running = new Map();

const { composeActivities } = compose;
compose.composeActivities = (ports) =>
  Object.fromEntries(
    Object.entries(composeActivities(ports)).map(([name, activity]) => [
      name,
      (...args) => mortal(name, () => activity(...args)),
    ]),
  );

async function mortal(name, work) {
  const { attempt, activityId } = Context.current().info;
  running.set(activityId, { name, isDone: false });
  try {
    if (attempt > 1 || !deadly.has(name)) return await work();
    await (during.has(name) ? Promise.race([work(), pause(middleMs)]) : done());
    die();
  } finally {
    running.delete(activityId);
  }

  async function done() {
    await work();
    running.set(activityId, { name, isDone: true });
  }
}

function die() {
  const line = JSON.stringify([...running.values()]);
  appendFileSync(process.env["DIES_LOG"], `${line}\n`);
  process.kill(process.pid, "SIGKILL");
}
