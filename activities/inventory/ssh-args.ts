/**
 * The jump hosts that arguments of ssh name: `-J`, `-o ProxyJump=` or the plain `-o ProxyCommand="ssh -W %h:%p bastion"`.
 *
 * @returns undefined for a ProxyCommand that is no plain jump: to go without it would be to go another way
 */
export function jumpOfSshArgs(args: string): string[] | undefined {
  const words = wordsOf(args);
  for (const [index, word] of words.entries()) {
    const next = words[index + 1] ?? "";
    if (word === "-J") return jumpsOf(next);
    if (/^-J./.test(word)) return jumpsOf(word.slice(2));
    if (!word.startsWith("-o")) continue;
    const option = word === "-o" ? next : word.slice(2);
    const [, name = "", value = ""] =
      /^\s*(\w+)(?:\s*=\s*|\s+)(.*)$/s.exec(option) ?? [];
    // As in ssh, whichever of the two comes first counts.
    if (/^proxyjump$/i.test(name)) return jumpsOf(value);
    if (/^proxycommand$/i.test(name)) return jumpOfProxyCommand(value);
  }
  return [];
}

/** `a,b:2222` and `ssh://a`, from near to far; `none` is no jump. */
export function jumpsOf(value: string): string[] {
  const text = value.trim();
  if (/^none$/i.test(text)) return [];
  return text.split(",").map((jump) => jump.trim().replace(/^ssh:\/\//, ""));
}

/** `ssh -W %h:%p [-q] [-p port] [-l user] [user@]address`; undefined for anything else. */
function jumpOfProxyCommand(command: string): string[] | undefined {
  if (/^none$/i.test(command.trim())) return [];
  const [program = "", ...words] = wordsOf(command);
  if (!/^(?:\/\S*\/)?ssh$/.test(program)) return undefined;
  let user: string | undefined;
  let port: string | undefined;
  let address: string | undefined;
  let isForward = false;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (word === "-q" || word === "-T" || word === "-x") continue;
    if (word === "-W") isForward = /^\[?%h\]?:%p$/.test(words[++index] ?? "");
    else if (word === "-p") port = words[++index];
    else if (word === "-l") user = words[++index];
    else if (word.startsWith("-") || address !== undefined) return undefined;
    else address = word;
  }
  if (!isForward || address === undefined) return undefined;
  const place = port === undefined ? address : `${address}:${port}`;
  return [user === undefined ? place : `${user}@${place}`];
}

/** Words with quotes of a shell, as Ansible splits them. */
function wordsOf(text: string): string[] {
  const words = text.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/gs);
  return [...words].map(([word]) =>
    word.replace(
      /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/gs,
      (_, double?: string, single?: string, escaped?: string) =>
        double?.replace(/\\(["\\$`])/g, "$1") ?? single ?? escaped ?? "",
    ),
  );
}
