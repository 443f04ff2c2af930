import { personCalled } from "../roster/people";
import type { RosterDocument } from "../roster/port";
import { attestClaimed } from "./claimed";
import type { Attest, Attested, AttestRequest, Signature } from "./port";
import { type HistoryReader, type Sender, senderOf } from "./sender";
import { statementOf } from "./statement";
import { verifySignature } from "./verify-signature";

/**
 * The most that can be shown of who answered. A signature shows whose words they are, and the server who brought them:
 * where both tell of the same person it is the server's word, where they differ the words are the signer's. A signature
 * that does not hold makes the answer no better than a claim, whoever brought it.
 */
export function attestProven(historyOf: () => HistoryReader): Attest {
  return (request, roster) => attest(request, roster, historyOf);
}

async function attest(
  request: AttestRequest,
  roster: RosterDocument,
  historyOf: () => HistoryReader,
): Promise<Attested> {
  const { answer, channel } = request;
  const { signature } = answer;
  const signed = signature && (await bySignature(request, signature, roster));
  if (channel === "decide") return signed ?? attestClaimed(request, roster);
  if (signed?.level === "claimed") return signed;
  const sent = byServer(await askServer(request, historyOf()), roster);
  if (signed === undefined)
    return sent.level === "server"
      ? withClaim(sent, request, roster)
      : { ...(await attestClaimed(request, roster)), how: sent.how };
  const isSame = sent.level === "server" && sent.person === signed.person;
  return isSame ? { ...sent, how: `${signed.how}, and ${sent.how}` } : signed;
}

async function bySignature(
  { answer, gate, nonce, workflowId, rootRunId }: AttestRequest,
  signature: Signature,
  roster: RosterDocument,
): Promise<Attested> {
  const { armored, at, channel } = signature;
  const person = personCalled(roster, answer.by);
  const known = person === undefined ? {} : { person: person.name };
  const signer =
    channel === undefined
      ? person
      : roster.channels.find(({ name }) => name === channel);
  if (signer === undefined) {
    const who = channel === undefined ? answer.by : `channel ${channel}`;
    return { ...known, ...unproven(`the roster does not know ${who}`) };
  }
  const about = { workflowId, runId: rootRunId, at };
  const said = { ...answer, gate, nonce };
  const statement = statementOf(said, {
    ...about,
    ...(channel !== undefined && { channel }),
  });
  const verdict = await verifySignature({
    ...{ statement, armored, now: Date.now() },
    person: signer,
  });
  if (!verdict.isProven) {
    const { fault, reason } = verdict;
    return { ...known, ...unproven(`${fault}: ${reason}`) };
  }
  const key = `signed by the key ${verdict.fingerprint}`;
  const whose =
    channel === undefined
      ? ""
      : ` of channel ${channel}, which heard ${answer.by}`;
  return { level: "signed", ...known, how: `${key}${whose}` };
}

const unproven = (why: string): Pick<Attested, "level" | "how"> => ({
  level: "claimed",
  how: `its signature proves nothing: ${why}`,
});

function askServer(
  request: AttestRequest,
  history: HistoryReader,
): Promise<Sender> {
  const { workflowId, runId, channel, gate, nonce, answer } = request;
  return senderOf(history, {
    ...{ workflowId, runId },
    signal: channel,
    payload: { ...answer, gate, nonce },
  });
}

function byServer(sender: Sender, roster: RosterDocument): Attested {
  if (sender.kind === "unknown")
    return {
      level: "claimed",
      how: `a name that the server cannot confirm: ${sender.reason}`,
    };
  const { name, type, eventId } = sender;
  const person = personCalled(roster, name);
  const how = `seen by the server as ${name} (${type}), event ${eventId}`;
  return { level: "server", how, ...(person && { person: person.name }) };
}

/** Whoever claims to be somebody else is told of under the name that the server knows. */
function withClaim(
  sent: Attested,
  { answer }: AttestRequest,
  roster: RosterDocument,
): Attested {
  const claimed = personCalled(roster, answer.by)?.name;
  return claimed !== undefined && claimed === sent.person
    ? sent
    : { ...sent, how: `${sent.how}, claiming to be ${answer.by}` };
}
