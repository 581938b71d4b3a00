import type { Argument, Command, Option } from "commander";
import { processCommands } from "./process-commands.js";

/** Shells that have a completion script. */
export const shells = ["bash", "zsh", "fish"] as const;

type Shell = (typeof shells)[number];

type Flag = {
  readonly names: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
};

type CommandWords = {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  /** Words of its first argument, when they are fixed. */
  readonly words: readonly string[];
};

/** The completion script of a shell, from the same tree of commands that is parsed. */
export const completionScript = (shell: Shell, program: Command): string => {
  const commands = program.commands.map(wordsOf);
  const flags = program.options.map(flagOf);
  const own = commands.map((command) =>
    Object.hasOwn(processCommands, command.name)
      ? command
      : { ...command, flags: [...command.flags, ...flags] },
  );
  switch (shell) {
    case "bash":
      return bashScript(own, flags);
    case "zsh":
      return zshScript(own, flags);
    case "fish":
      return fishScript(commands, flags);
  }
};

const flagOf = (option: Option): Flag => ({
  names: [option.short, option.long].filter((name) => name !== undefined),
  summary: option.description,
  takesValue: option.required,
  choices: option.argChoices ?? [],
});

const wordsOf = (command: Command): CommandWords => ({
  name: command.name(),
  summary: command.description(),
  flags: command.options.map(flagOf),
  words: command.registeredArguments.flatMap((one: Argument) => one.argChoices ?? []),
});

const valueCases = (commands: readonly CommandWords[]): readonly string[] => {
  const seen = new Map<string, string>();
  for (const flag of commands.flatMap((command) => command.flags)) {
    if (!flag.takesValue) continue;
    const reply = flag.choices.length > 0 ? `-W "${flag.choices.join(" ")}"` : "-f";
    seen.set(flag.names.join("|"), reply);
  }
  return [...seen].map(
    ([names, reply]) => `    ${names}) COMPREPLY=($(compgen ${reply} -- "$word")); return ;;\n`,
  );
};

const bashScript = (commands: readonly CommandWords[], flags: readonly Flag[]): string =>
  [
    "# bash completion for causeway: source <(causeway completion bash)\n",
    "_causeway() {\n",
    `  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="" i\n`,
    "  COMPREPLY=()\n",
    '  case "$before" in\n',
    ...valueCases(commands),
    "  esac\n",
    "  for ((i = 1; i < COMP_CWORD; i++)); do\n",
    `    case "\${COMP_WORDS[i]}" in\n`,
    `      ${commands.map((command) => command.name).join("|")}) command="\${COMP_WORDS[i]}"; break ;;\n`,
    "    esac\n",
    "  done\n",
    '  case "$command" in\n',
    ...commands.map(
      (command) =>
        `    ${command.name}) COMPREPLY=($(compgen -W "${[...command.words, ...command.flags.flatMap((flag) => flag.names), "--help"].join(" ")}" -- "$word")) ;;\n`,
    ),
    `    *) COMPREPLY=($(compgen -W "${[...commands.map((command) => command.name), ...flags.flatMap((flag) => flag.names), "--help"].join(" ")}" -- "$word")) ;;\n`,
    "  esac\n",
    "}\n",
    "complete -F _causeway causeway kubectl-causeway\n",
  ].join("");

const zshQuoted = (text: string): string =>
  text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, (char) => `\\${char}`);

const zshFlag = (flag: Flag): readonly string[] =>
  flag.names.map((name) => {
    const value = flag.choices.length > 0 ? `:value:(${flag.choices.join(" ")})` : ":value:_files";
    return `      '${name}[${zshQuoted(flag.summary)}]${flag.takesValue ? value : ""}' \\\n`;
  });

const zshScript = (commands: readonly CommandWords[], flags: readonly Flag[]): string =>
  [
    "#compdef causeway kubectl-causeway\n",
    "# zsh completion for causeway: source <(causeway completion zsh)\n",
    "_causeway() {\n",
    "  local -a commands\n",
    "  commands=(\n",
    ...commands.map((command) => `    '${command.name}:${zshQuoted(command.summary)}'\n`),
    "  )\n",
    `  local command=\${words[(r)(${commands.map((command) => command.name).join("|")})]}\n`,
    '  case "$command" in\n',
    ...commands.map(
      (command) =>
        `    ${command.name}) _arguments \\\n${command.flags.flatMap(zshFlag).join("")}      '--help[print help]' \\\n      '*:argument:${command.words.length > 0 ? `(${command.words.join(" ")})` : "_default"}' ;;\n`,
    ),
    `    *) _arguments \\\n${flags.flatMap(zshFlag).join("")}      '--help[print help]' \\\n      '1: :{_describe command commands}' ;;\n`,
    "  esac\n",
    "}\n",
    'if [ "$funcstack[1]" = "_causeway" ]; then _causeway "$@"; else compdef _causeway causeway kubectl-causeway; fi\n',
  ].join("");

const fishQuoted = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");

const fishFlag = (condition: string, flag: Flag): string => {
  const names = flag.names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const value = flag.choices.length > 0 ? ` -x -a '${flag.choices.join(" ")}'` : " -r";
  return `complete -c causeway${condition} ${names.join(" ")}${flag.takesValue ? value : ""} -d '${fishQuoted(flag.summary)}'\n`;
};

const fishScript = (commands: readonly CommandWords[], flags: readonly Flag[]): string =>
  [
    "# fish completion for causeway: causeway completion fish | source\n",
    "complete -c causeway -f\n",
    ...flags.map((flag) => fishFlag("", flag)),
    ...commands.flatMap((command) => [
      `complete -c causeway -n __fish_use_subcommand -a ${command.name} -d '${fishQuoted(command.summary)}'\n`,
      ...command.flags.map((flag) =>
        fishFlag(` -n '__fish_seen_subcommand_from ${command.name}'`, flag),
      ),
      ...(command.words.length > 0
        ? [
            `complete -c causeway -n '__fish_seen_subcommand_from ${command.name}' -a '${command.words.join(" ")}'\n`,
          ]
        : []),
    ]),
  ].join("");
