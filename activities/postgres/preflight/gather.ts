import { pause } from "../../ssh/abort";
import type {
  PostgresPorts,
  PostgresServer,
  SqlSession,
  StepProgress,
} from "../port";
import { postgresError } from "../errors";
import { nameOf } from "../run-mark";
import {
  askHost,
  askLogin,
  askStartSettings,
  type HostQuestion,
} from "./ask-host";
import { askPrimary, type PrimaryFacts, seen } from "./ask-primary";
import { readDeep } from "./deep-read";
import type { PreflightFacts, Seen, WalFact } from "./facts";
import { insideFiles, neededPaths, preloaded } from "./needed-files";
import type { PreflightLimits, PreflightOrder } from "./port";
import { questions } from "./questions";

export interface Gathering {
  readonly ports: PostgresPorts;
  readonly order: PreflightOrder;
  readonly limits: PreflightLimits;
  readonly signal: AbortSignal;
  readonly tell: (progress: StepProgress) => void;
  /** Known from a measurement before: it is not waited for again. */
  readonly walBytesPerS?: number;
}

/**
 * Everything that the checks go by, in the order that makes one question possible by the answer to another.
 *
 * @throws ssh.*, postgres.* when primary or host cannot be asked at all
 */
export async function gather(gathering: Gathering): Promise<PreflightFacts> {
  const { ports, order, signal } = gathering;
  const { run, primary, replica } = order;
  const ours = nameOf(run);
  const options = { applicationName: ours, signal };
  const facts: PreflightFacts = await ports.sql.withSession(
    primary.sql,
    options,
    async (session) => {
      const before = await walNow(session);
      const { longTransactionMs } = gathering.limits;
      const server = await askPrimary({
        ...{ session, ports, primary, ours, longTransactionMs },
      });
      return {
        ...{ ours, primaryId: primary.id, replicaId: replica.id },
        paths: {
          primaryData: primary.dataDirectory,
          data: replica.dataDirectory,
          work: replica.workFolder,
        },
        ...server,
        ...(await askHosts(gathering, server)),
        wal: await seen(() => walRate(gathering, session, before)),
      };
    },
  );
  // Hours: no session of ours stays open meanwhile.
  const deepRead = await deep(gathering, facts);
  return { ...facts, ...(deepRead === undefined ? {} : { deepRead }) };
}

type HostsFacts = Pick<
  PreflightFacts,
  "primaryHost" | "replicaHost" | "login" | "startSettings"
>;

async function askHosts(
  { ports: { programs }, order, signal }: Gathering,
  server: PrimaryFacts,
): Promise<HostsFacts> {
  const major = majorIn(server);
  const primary = { ...order.primary, major };
  const replica = { ...order.replica, major };
  const startSettings = await seen(() =>
    askStartSettings(programs, primary, signal),
  );
  const question = questionFor(primary, server, startSettings);
  const ours = nameOf(order.run);
  return {
    startSettings,
    primaryHost: await seen(() => askHost(programs, primary, question, signal)),
    replicaHost: await seen(() => askHost(programs, replica, question, signal)),
    login: await seen(() =>
      askLogin(programs, { primary, replica, ours }, signal),
    ),
  };
}

const versionsPerMajor = 10_000;

const majorIn = ({ identity }: Pick<PreflightFacts, "identity">) =>
  "value" in identity
    ? Math.floor(identity.value.serverVersionNum / versionsPerMajor)
    : undefined;

function questionFor(
  { dataDirectory }: PostgresServer,
  { settings, databases }: PrimaryFacts,
  startSettings: PreflightFacts["startSettings"],
): HostQuestion {
  const running = "value" in settings ? settings.value : {};
  const copied = "value" in startSettings ? startSettings.value : {};
  const locales =
    "value" in databases
      ? databases.value.flatMap((database) => database.locales)
      : [];
  const libraries = [...preloaded(running), ...preloaded(copied), "amcheck"];
  return {
    locales: [...new Set(locales)],
    libraries: [...new Set(libraries)],
    files: [...neededPaths(running), ...insideFiles(dataDirectory)],
  };
}

interface WalNow extends Record<string, unknown> {
  readonly bytes: number;
  /** Seconds since the epoch, by the server's clock. */
  readonly at: number;
}

async function walNow(session: SqlSession): Promise<Seen<WalNow>> {
  return seen(async () => {
    const [now] = await session.query<WalNow>(questions.wal);
    return now as WalNow;
  });
}

/** Whatever else was asked meanwhile counts as waiting. @throws postgres.* */
async function walRate(
  { limits: { walRateOverMs }, walBytesPerS, signal }: Gathering,
  session: SqlSession,
  before: Seen<WalNow>,
): Promise<WalFact> {
  if (walBytesPerS !== undefined)
    return { bytesPerS: walBytesPerS, overMs: walRateOverMs };
  const begin = valueOf(before);
  const elapsed = valueOf(await walNow(session)).at - begin.at;
  await pause(Math.max(0, walRateOverMs - elapsed * 1_000), signal);
  const end = valueOf(await walNow(session));
  const seconds = Math.max(end.at - begin.at, 0.001);
  return {
    bytesPerS: Math.max(0, end.bytes - begin.bytes) / seconds,
    overMs: Math.round(seconds * 1_000),
  };
}

function valueOf<T>(of: Seen<T>): T {
  if ("value" in of) return of.value;
  throw postgresError("unexpected", { seen: of.unmeasured });
}

async function deep(
  { ports, order, signal, tell }: Gathering,
  { identity }: PreflightFacts,
): Promise<PreflightFacts["deepRead"]> {
  const { deepRead } = order;
  if (deepRead === undefined) return undefined;
  if ("unmeasured" in identity) return identity;
  const { serverVersionNum } = identity.value;
  return readDeep({
    ...{ ports, order: { ...order, deepRead }, serverVersionNum },
    ...{ signal, tell },
  });
}
