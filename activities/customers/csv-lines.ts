import { parse } from "csv-parse";
import { customerKeys, type RawCustomer } from "./customer-record";
import { mostLineBytes, type Line } from "./json-lines";

interface Record {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** RFC 4180 with a header; addresses stand in one cell, apart by spaces or semicolons. */
export async function* csvLines(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Line> {
  const parser = parse({
    bom: true,
    info: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: mostLineBytes,
  });
  const fed = feed(chunks, parser);
  let header: readonly string[] | undefined;
  let last = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<Record>) {
      last = info.lines;
      if (header === undefined) {
        header = record.map((name) => name.toLowerCase());
        const expected = headerExpected(header);
        if (expected === undefined) continue;
        yield { line: last, expected };
        break;
      }
      yield readCells(record, header, last);
    }
    await fed;
  } catch (error) {
    if (!isCsvFault(error)) throw error;
    // Behind a broken quote nobody knows where a record begins: it is the last line that is told.
    yield { line: error.lines ?? last, expected: faultWords(error.code) };
  } finally {
    parser.destroy();
    await fed.catch(() => undefined);
  }
}

/** Ends with the source, or once the parser takes no more. */
async function feed(
  chunks: AsyncIterable<Buffer>,
  parser: ReturnType<typeof parse>,
): Promise<void> {
  const gone = new Promise<void>((done) => parser.once("close", done));
  try {
    for await (const chunk of chunks) {
      if (parser.destroyed) return;
      if (parser.write(chunk)) continue;
      const drained = new Promise<void>((done) => parser.once("drain", done));
      await Promise.race([drained, gone]);
    }
    if (!parser.destroyed) parser.end();
  } catch (error) {
    parser.destroy(error as Error);
    throw error;
  }
}

function headerExpected(header: readonly string[]): string | undefined {
  const isKnown = (name: string): boolean =>
    (customerKeys as readonly string[]).includes(name);
  const isWhole =
    header.includes("id") &&
    header.includes("url") &&
    header.every(isKnown) &&
    new Set(header).size === header.length;
  return isWhole ? undefined : "the header id,url or id,url,addresses,canary";
}

function readCells(
  cells: readonly string[],
  header: readonly string[],
  line: number,
): Line {
  if (cells.length > header.length)
    return { line, expected: `${header.length} cells, as the header has` };
  const raw: { [key: string]: unknown } = {};
  header.forEach((name, at) => {
    const cell = cells[at] ?? "";
    if (cell !== "") raw[name] = valueOf(name, cell);
  });
  return { line, raw: raw satisfies RawCustomer };
}

function valueOf(name: string, cell: string): unknown {
  if (name === "addresses") return cell.split(/[\s;]+/).filter(Boolean);
  if (name !== "canary") return cell;
  const said = cell.toLowerCase();
  if (["true", "yes", "1"].includes(said)) return true;
  return ["false", "no", "0"].includes(said) ? false : cell;
}

interface CsvFault extends Error {
  readonly code: string;
  readonly lines?: number;
}

const isCsvFault = (error: unknown): error is CsvFault =>
  error instanceof Error &&
  "code" in error &&
  typeof error.code === "string" &&
  /^(CSV|INVALID)_/.test(error.code);

function faultWords(code: string): string {
  return code === "CSV_MAX_RECORD_SIZE"
    ? `a record of at most ${mostLineBytes} bytes`
    : "cells as in RFC 4180: one that holds a quote or a comma stands in quotes, each quote in it twice";
}
