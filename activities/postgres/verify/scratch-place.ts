import type { PostgresServer, RunMark } from "../port";
import { verificationError } from "./errors";

/** `sockaddr_un` holds 108 bytes, the last of them zero. */
const mostSocketBytes = 107;
/** Part of the socket's name alone: the server listens on no network. */
const port = 5432;

export interface ScratchPlace {
  readonly parent: string;
  readonly name: string;
  readonly path: string;
  readonly socketFolder: string;
  readonly port: number;
}

/** @throws verification.socketTooLong */
export function scratchPlace(
  { workFolder }: Pick<PostgresServer, "workFolder">,
  { short }: Pick<RunMark, "short">,
  n: number,
): ScratchPlace {
  const parent = `${workFolder}/scratch`;
  const name = `${short}-${n}`;
  const socketFolder = `${workFolder}/sock/${short}`;
  const socket = `${socketFolder}/.s.PGSQL.${port}`;
  const bytes = Buffer.byteLength(socket);
  if (bytes > mostSocketBytes)
    throw verificationError("socketTooLong", {
      seen: `the socket ${socket} has ${bytes} bytes`,
      expected: `at most ${mostSocketBytes}`,
    });
  return { parent, name, path: `${parent}/${name}`, socketFolder, port };
}
