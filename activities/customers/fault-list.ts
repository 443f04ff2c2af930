import { describeValue } from "../fault-words";
import type { Fault } from "../faults";

/** More are counted, not kept: a file of another kind has a fault on each of its lines. */
const mostKept = 101;

/** Faults of a file by their lines. */
export class FaultList {
  private readonly faults: Fault[] = [];

  constructor(
    /** Of the file, without its folder. */
    private readonly name: string,
  ) {}

  get count(): number {
    return this.faults.length;
  }

  /** As many as there were; behind the first hundred, which alone are told, it is always the same one. */
  get all(): readonly Fault[] {
    return this.faults;
  }

  add(line: number | undefined, { path, found, expected }: Fault): void {
    const last = this.faults[mostKept - 1];
    if (last !== undefined) {
      this.faults.push(last);
      return;
    }
    const place = line === undefined ? this.name : `${this.name}:${line}`;
    const where = path === "" ? place : `${place} ${path}`;
    this.faults.push({ path: where, found, expected });
  }

  addTwice(line: number, path: string, value: string, first: number): void {
    this.add(line, {
      path,
      found: `${describeValue(value)} once more`,
      expected: `each ${path} once; line ${first} has it`,
    });
  }
}
