import {
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
} from "@temporalio/workflow";
import { refused } from "../refused";
import type { Answers } from "./answers";
import { answerTemplate, type OpenGate } from "./gate";
import type { Handled } from "./handled";
import { shapeFaults } from "./judge";
import { answer, approve, claim, claimSignal, decide, deny } from "./messages";

/** What stands behind a run's messages. */
export interface Counter {
  readonly answers: Answers;
  readonly handled: Handled;
  readonly open: readonly OpenGate[];
}

/** They take whatever arrives while no gate is open, so that nothing early is kept for a gate that opens later. */
export function takeStrayMessages({ answers }: Counter): void {
  setDefaultSignalHandler((name, raw) => {
    if (name === "approve" || name === "deny" || name === "answer")
      return answers.receiveSignal(name, raw);
    if (name === "claim") return answers.claimSignal(raw);
    answers.refuse(name, raw, "not open", `unknown signal "${name}"`);
  });
  setDefaultUpdateHandler((name, raw) => {
    if (name === "decide") return answers.receive(name, raw);
    if (name === "claim") return answers.claim(raw);
    const reason = `unknown update "${name}"`;
    answers.refuse(name, raw, "not open", reason);
    throw refused(reason, "gate.refused");
  });
}

/** Registered only while a gate asks for them, so that the UI's pickers offer what is valid now, with the JSON to paste. */
export function offerHandlers(counter: Counter): void {
  const { answers, open } = counter;
  offerDecide(counter);
  for (const signal of [approve, deny]) {
    const channel = signal === approve ? "approve" : "deny";
    const asking = open.filter(({ choices }) => choices.includes(channel));
    if (asking.length === 0) setHandler(signal, undefined);
    else {
      setHandler(signal, (raw) => answers.receiveSignal(channel, raw), {
        description: asking.map((gate) => describe(gate, channel)).join("\n"),
      });
    }
  }
  if (open.length === 0) {
    setHandler(answer, undefined);
    setHandler(claim, undefined);
    setHandler(claimSignal, undefined);
  } else {
    setHandler(answer, (raw) => answers.receiveSignal("answer", raw), {
      description: open.map((gate) => describe(gate)).join("\n"),
    });
    const description = open.map(describeClaim).join("\n");
    setHandler(claim, (raw) => answers.claim(raw), { description });
    setHandler(claimSignal, (raw) => answers.claimSignal(raw), { description });
  }
}

function offerDecide({ answers, handled, open }: Counter): void {
  // Signals alone tell who sent them.
  const asking = open.filter(({ policy }) => policy?.level !== "server");
  if (open.length === 0) return setHandler(decide, undefined);
  const description = asking.map((gate) => describe(gate)).join("\n");
  setHandler(
    decide,
    (raw) =>
      open.some(({ policy }) => policy !== undefined)
        ? handled.onceLater(async () => answers.receive("decide", raw))
        : handled.once(() => answers.receiveNow("decide", raw)),
    {
      ...(description === "" ? {} : { description }),
      validator: (raw) => {
        const faults = shapeFaults(raw, "decide");
        if (faults.length > 0) {
          throw refused(faults.join("; "), "gate.malformed");
        }
      },
    },
  );
}

function describe(gate: OpenGate, choice = gate.choices[0] ?? ""): string {
  return `${gate.title} (${gate.choices.join(" | ")}). Input: ${answerTemplate(gate, choice)}`;
}

function describeClaim({ id, title, nonce }: OpenGate): string {
  const input = JSON.stringify({ gate: id, nonce, by: "your name" });
  return `Says who is on it, and decides nothing; "to" hands it over: ${title}. Input: ${input}`;
}
