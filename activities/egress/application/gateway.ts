import type { z } from "zod";
import type { ApplicationGateway, EgressPort } from "../port";
import type { Ssh } from "../../ssh/port";
import { readAnswer } from "./answer";
import {
  documentOf,
  doneSchema,
  factsSchema,
  loadedSchema,
  lookSchema,
  maxOutputBytes,
  type Order,
  type Verb,
} from "./documents";
import { applicationError } from "./errors";

interface Dependencies {
  readonly ssh: Pick<Ssh, "exec">;
  /** Milliseconds of the epoch. */
  readonly now?: () => number;
}

/** Milliseconds for a verb. A look comes each second; what changes something may tell every process of the host. */
const lookTimeoutMs = 20_000;
const timeoutMs = 120_000;

/**
 * Software that chooses its source address by itself, told by its owner's command on its host. What that command must do is
 * its contract: docs/egress-application.md.
 *
 * @throws egressApplication.*, ssh.*
 */
export function createApplicationGateways({
  ssh,
  now = Date.now,
}: Dependencies): EgressPort<ApplicationGateway> {
  const ask = async <Schema extends z.ZodType>(
    gateway: ApplicationGateway,
    verb: Verb,
    schema: Schema,
    order: Order = {},
    signal?: AbortSignal,
  ): Promise<z.output<Schema>> => {
    const ended = await ssh.exec(
      gateway.ssh,
      {
        argv: [...gateway.command, verb],
        stdin: documentOf(gateway, verb, order),
        timeoutMs: verb === "look" ? lookTimeoutMs : timeoutMs,
        maxOutputBytes,
      },
      signal === undefined ? {} : { signal },
    );
    return readAnswer(schema, ended, { gateway, verb });
  };
  const done =
    (verb: Verb) =>
    async (gateway: ApplicationGateway, signal?: AbortSignal): Promise<void> =>
      void (await ask(gateway, verb, doneSchema, {}, signal));
  return {
    inspect: async (gateway, signal) => ({
      gateway: gateway.id,
      ...(await ask(gateway, "inspect", factsSchema, {}, signal)),
    }),
    look: async (gateway, signal) => {
      const seen = await ask(gateway, "look", lookSchema, {}, signal);
      return { gateway: gateway.id, at: now(), ...seen };
    },
    provision: done("provision"),
    steer: async (gateway, { generation, ...steering }, signal) => {
      const order = { generation, steering };
      const loaded = await ask(gateway, "steer", loadedSchema, order, signal);
      if (loaded.generation !== generation)
        throw notLoaded(gateway, "steer", loaded.generation, generation);
    },
    reload: async (gateway, generation, signal) => {
      const order = { generation };
      const loaded = await ask(gateway, "reload", loadedSchema, order, signal);
      if (loaded.generation > generation)
        throw notLoaded(gateway, "reload", loaded.generation, generation);
    },
    retire: async (gateway, { cut = false }, signal) => {
      const order = cut ? { cut } : {};
      await ask(gateway, "retire", doneSchema, order, signal);
    },
    bringBack: done("bring-back"),
    restore: async (gateway, generation, signal) =>
      void (await ask(gateway, "restore", doneSchema, { generation }, signal)),
    release: done("release"),
  };
}

const notLoaded = (
  { id }: ApplicationGateway,
  verb: Verb,
  seen: number,
  wanted: number,
) =>
  applicationError("notLoaded", {
    seen: `${verb} on ${id} answered that order ${seen} stands there`,
    expected: `order ${wanted}`,
    facts: { gateway: id },
  });
