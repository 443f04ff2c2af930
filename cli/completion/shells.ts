import type { CompletionNode, CompletionOption } from "./tree";

/**
 * Scripts that a shell reads once. All that they offer stands in them, so that a key press starts no process; what is
 * offered is known when they are printed, and a new release is completed by a new shell.
 */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export function completionScript(
  shell: Shell,
  nodes: readonly CompletionNode[],
): string {
  switch (shell) {
    case "bash":
      return bash(nodes);
    case "zsh":
      return zsh(nodes);
    case "fish":
      return fish(nodes);
  }
}

/** For single quotes of POSIX shells. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const flagsOf = (node: CompletionNode, value: CompletionOption["value"]) =>
  node.options
    .filter((option) => option.value === value)
    .flatMap(({ flags }) => flags);

const patterns = (node: CompletionNode, flags: readonly string[]): string =>
  flags.map((flag) => quoted(`${node.path}:${flag}`)).join("|");

/** One line of a `case` for each node that has something to say there. */
function cases(
  nodes: readonly CompletionNode[],
  text: (node: CompletionNode) => string | undefined,
): string {
  return nodes
    .map(text)
    .filter((line) => line !== undefined)
    .map((line) => `    ${line}\n`)
    .join("");
}

/** Which command the words up to the cursor mean, and which words are values of an option: the same in bash and zsh. */
function walk(nodes: readonly CompletionNode[]): string {
  return `    case "$at:$word" in
${cases(nodes, (node) => {
  const flags = [
    ...flagsOf(node, "file"),
    ...flagsOf(node, "words"),
    ...flagsOf(node, "text"),
  ];
  return `  ${patterns(node, flags)}) skip=1 ;;`;
})}${cases(nodes, (node) =>
    node.commands.length === 0
      ? undefined
      : `  ${patterns(
          node,
          node.commands.map(({ name }) => name),
        )}) at="\${at:+$at }$word" ;;`,
  )}    esac`;
}

function bash(nodes: readonly CompletionNode[]): string {
  return `# bash completion of runbook. Now: source <(runbook completion bash)
# Ever: runbook completion bash > ~/.local/share/bash-completion/completions/runbook
_runbook() {
  local at= skip= word words i
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [ -n "$skip" ]; then skip=; continue; fi
${walk(nodes)}
  done
  case "$at:$prev" in
${cases(nodes, (node) => `${patterns(node, flagsOf(node, "file"))}) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;`)}${nodes
    .flatMap((node) => bashWordValues(node))
    .join("")}${cases(nodes, (node) =>
    flagsOf(node, "text").length === 0
      ? undefined
      : `${patterns(node, flagsOf(node, "text"))}) return ;;`,
  )}  esac
  case "$at" in
${cases(nodes, (node) => `${quoted(node.path)}) words=${quoted(wordsOf(node).join(" "))} ;;`)}  esac
  if [ "\${cur:0:1}" = - ]; then
    case "$at" in
${cases(nodes, (node) => `  ${quoted(node.path)}) words=${quoted(node.options.flatMap(({ flags }) => flags).join(" "))} ;;`)}    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  case "$at" in
${cases(nodes, (node) => (node.takesFile ? `${quoted(node.path)}) [ "\${cur:0:1}" = - ] || { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); } ;;` : undefined))}  esac
}
complete -F _runbook runbook
`;
}

const wordsOf = ({ commands, words }: CompletionNode): string[] => [
  ...commands.map(({ name }) => name),
  ...words,
];

function bashWordValues(node: CompletionNode): string[] {
  return node.options
    .filter(({ value }) => value === "words")
    .map(
      ({ flags, words }) =>
        `    ${patterns(node, flags)}) mapfile -t COMPREPLY < <(compgen -W ${quoted(words.join(" "))} -- "$cur"); return ;;\n`,
    );
}

/** \`word:what it does\` as \`_describe\` wants it. */
const described = (word: string, summary: string): string =>
  quoted(`${word.replaceAll(":", "\\:")}:${summary}`);

function zsh(nodes: readonly CompletionNode[]): string {
  return `#compdef runbook
# zsh completion of runbook. Now: source <(runbook completion zsh)
# Ever: runbook completion zsh > "\${fpath[1]}/_runbook"
_runbook() {
  local at= skip= word i
  local -a offered
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]}
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if [[ -n $skip ]]; then skip=; continue; fi
${walk(nodes)}
  done
  case "$at:$prev" in
${cases(nodes, (node) => `${patterns(node, flagsOf(node, "file"))}) _files; return ;;`)}${nodes
    .flatMap((node) => zshWordValues(node))
    .join("")}${cases(nodes, (node) =>
    flagsOf(node, "text").length === 0
      ? undefined
      : `${patterns(node, flagsOf(node, "text"))}) return ;;`,
  )}  esac
  if [[ $cur == -* ]]; then
    case "$at" in
${cases(nodes, (node) => `  ${quoted(node.path)}) offered=(${node.options.flatMap(({ flags, summary }) => flags.map((flag) => described(flag, summary))).join(" ")}) ;;`)}    esac
    _describe -o option offered
    return
  fi
  case "$at" in
${cases(nodes, zshWords)}  esac
  if ((\${#offered})); then _describe command offered; fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _runbook "$@"; else compdef _runbook runbook; fi
`;
}

function zshWords(node: CompletionNode): string | undefined {
  if (node.takesFile) return `${quoted(node.path)}) _files; return ;;`;
  const offered = [
    ...node.commands.map(({ name, summary }) => described(name, summary)),
    ...node.words.map((word) => described(word, word)),
  ];
  return offered.length === 0
    ? undefined
    : `${quoted(node.path)}) offered=(${offered.join(" ")}) ;;`;
}

function zshWordValues(node: CompletionNode): string[] {
  return node.options
    .filter(({ value }) => value === "words")
    .map(
      ({ flags, words }) =>
        `    ${patterns(node, flags)}) compadd -- ${words.map(quoted).join(" ")}; return ;;\n`,
    );
}

/** For single quotes of fish, where a backslash counts. */
const fishQuoted = (text: string): string =>
  `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function fish(nodes: readonly CompletionNode[]): string {
  const paths = nodes.filter(({ commands }) => commands.length > 0);
  return `# fish completion of runbook. Now: runbook completion fish | source
# Ever: runbook completion fish > ~/.config/fish/completions/runbook.fish
function __runbook_at
    set -l at
    set -l skip
    for word in (commandline -opc)[2..-1]
        if test -n "$skip"
            set skip
            continue
        end
        switch "$at:$word"
${fishWalk(nodes, paths)}        end
    end
    test "$at" = "$argv[1]"
end
complete -c runbook -f
${nodes.flatMap(fishLines).join("\n")}
`;
}

function fishWalk(
  nodes: readonly CompletionNode[],
  paths: readonly CompletionNode[],
): string {
  const marked = (node: CompletionNode, words: readonly string[]): string =>
    words.map((word) => fishQuoted(`${node.path}:${word}`)).join(" ");
  const skips = nodes.map((node) => {
    const flags = node.options
      .filter(({ value }) => value !== "none")
      .flatMap((option) => option.flags);
    return `            case ${marked(node, flags)}\n                set skip 1\n`;
  });
  const steps = paths.map((node) => {
    const names = node.commands.map(({ name }) => name);
    return `            case ${marked(node, names)}\n                set at (string trim -- "$at $word")\n`;
  });
  return [...skips, ...steps].join("");
}

function fishLines(node: CompletionNode): string[] {
  const head = `complete -c runbook -n ${fishQuoted(`__runbook_at ${fishQuoted(node.path)}`)}`;
  return [
    ...node.commands.map(
      ({ name, summary }) =>
        `${head} -a ${fishQuoted(name)} -d ${fishQuoted(summary)}`,
    ),
    ...node.words.map((word) => `${head} -a ${fishQuoted(word)}`),
    ...(node.takesFile ? [`${head} -F`] : []),
    ...node.options.map((option) => `${head}${fishOption(option)}`),
  ];
}

function fishOption({ flags, summary, value, words }: CompletionOption) {
  const names = flags.map((flag) =>
    flag.startsWith("--") ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`,
  );
  const values: Readonly<Record<CompletionOption["value"], string>> = {
    none: "",
    file: " -r -F",
    words: ` -x -a ${fishQuoted(words.join(" "))}`,
    text: " -x",
  };
  return `${names.join("")}${values[value]} -d ${fishQuoted(summary)}`;
}
