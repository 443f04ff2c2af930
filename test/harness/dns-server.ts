import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A name in lower case to its records; a name that is missing does not exist. */
export type Zone = Readonly<Record<string, readonly DnsRecord[]>>;

export type DnsRecord =
  | { readonly type: "A" | "AAAA"; readonly data: Buffer }
  | { readonly type: "SRV"; readonly port: number; readonly target: string };

const codes = { A: 1, AAAA: 28, SRV: 33 } as const;
const NO_SUCH_NAME = 3;

/** A record of an address, given as its bytes: `addressRecord(10, 0, 0, 1)`. */
export function addressRecord(...bytes: readonly number[]): DnsRecord {
  return { type: bytes.length === 4 ? "A" : "AAAA", data: Buffer.from(bytes) };
}

/** Answers from memory over UDP on 127.0.0.1; `questions` counts what was asked. */
export async function startDnsServer(zone: Record<string, DnsRecord[]>) {
  const socket = createSocket("udp4");
  const questions: string[] = [];
  socket.on("message", (message, { port, address }) => {
    const question = readQuestion(message);
    questions.push(question.name);
    socket.send(answerTo(message, question, zone), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    server: `127.0.0.1:${socket.address().port}`,
    questions,
    stop: () => new Promise<void>((done) => socket.close(() => done())),
  };
}

interface Question {
  readonly name: string;
  readonly code: number;
  readonly bytes: Buffer;
}

function readQuestion(message: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let size = message[at] ?? 0; size > 0; size = message[at] ?? 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + size));
    at += size + 1;
  }
  const code = message.readUInt16BE(at + 1);
  const bytes = message.subarray(12, at + 5);
  return { name: labels.join(".").toLowerCase(), code, bytes };
}

function answerTo(message: Buffer, question: Question, zone: Zone): Buffer {
  const known = zone[question.name];
  const answers = (known ?? []).filter(
    ({ type }) => codes[type] === question.code,
  );
  const header = Buffer.alloc(12);
  message.copy(header, 0, 0, 2);
  // An answer with authority, recursion wanted and there.
  header.writeUInt16BE(0x8580 | (known === undefined ? NO_SUCH_NAME : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  return Buffer.concat([header, question.bytes, ...answers.map(recordBytes)]);
}

function recordBytes(record: DnsRecord): Buffer {
  const data =
    record.type === "SRV"
      ? Buffer.concat([shorts(0, 0, record.port), nameBytes(record.target)])
      : record.data;
  // 0xc00c points at the name of the question; class IN, no seconds to live.
  return Buffer.concat([
    shorts(0xc00c, codes[record.type], 1, 0, 0, data.length),
    data,
  ]);
}

function shorts(...values: readonly number[]): Buffer {
  return Buffer.concat(
    values.map((value) => Buffer.from([value >> 8, value & 0xff])),
  );
}

function nameBytes(name: string): Buffer {
  const labels = name
    .split(".")
    .map((label) =>
      Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]),
    );
  return Buffer.concat([...labels, Buffer.from([0])]);
}
