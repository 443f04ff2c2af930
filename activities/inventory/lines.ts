import { LineCounter, isNode, parseDocument } from "yaml";
import type { Fault } from "../faults";

/**
 * Adds the line to each path, for nobody counts to `hosts[412]`. JSON reads as YAML, and this runs only for a file that
 * has faults: it takes the slow way through the text.
 */
export function withLines(faults: readonly Fault[], text: string): Fault[] {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const lineOf = (path: string): number | undefined => {
    const steps = stepsOf(path);
    // What is missing has no line: then the nearest thing around it tells where to look.
    for (let length = steps.length; length > 0; length -= 1) {
      const found = document.getIn(steps.slice(0, length), true);
      if (isNode(found) && found.range)
        return counter.linePos(found.range[0]).line;
    }
    return undefined;
  };
  return faults.map((fault) => {
    const line = lineOf(fault.path);
    return line === undefined
      ? fault
      : { ...fault, path: `line ${line}, ${fault.path}` };
  });
}

/** `hosts[3].tags["a b"]` back as steps. */
function stepsOf(path: string): (string | number)[] {
  const steps = path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g);
  return [...steps].map(([, index, quoted, plain]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined
      ? (plain ?? "")
      : (JSON.parse(`"${quoted}"`) as string);
  });
}
