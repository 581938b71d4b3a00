import type { Argument, Command, Option } from "commander";
import { formatsOf } from "./formats.js";
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
  /** Words of its first argument, when they are fixed: the names of its commands, when it has some. */
  readonly words: readonly string[];
  readonly commands: readonly CommandWords[];
  /** Whether its arguments can be files and folders. */
  readonly takesPaths: boolean;
};

/** The completion script of a shell, from the same tree of commands that is parsed. */
export const completionScript = (shell: Shell, program: Command): string => {
  const root = wordsOf(program, program.options);
  switch (shell) {
    case "bash":
      return bashScript(root);
    case "zsh":
      return zshScript(root);
    case "fish":
      return fishScript(root);
  }
};

const wordsOf = (command: Command, globalOptions: readonly Option[]): CommandWords => {
  const takesOwnFlags = Object.hasOwn(processCommands, command.name());
  const isRoot = command.parent === null;
  const options = [...command.options, ...(takesOwnFlags || isRoot ? [] : globalOptions)];
  const commands = command.commands.map((child) => wordsOf(child, globalOptions));
  return {
    name: command.name(),
    summary: command.description(),
    flags: options.map((option) => flagOf(option, command)),
    words: [
      ...commands.map((child) => child.name),
      ...command.registeredArguments.flatMap((one: Argument) => one.argChoices ?? []),
    ],
    commands,
    takesPaths: command.registeredArguments.some((one) => one.name().startsWith("dir")),
  };
};

const flagOf = (option: Option, command: Command): Flag => ({
  names: [option.short, option.long].filter((name) => name !== undefined),
  summary: option.description,
  takesValue: option.required,
  choices: option.long === "--output" ? formatsOf(command) : (option.argChoices ?? []),
});

/** A command and those below it, each with the names that lead to it. */
const flattened = (
  command: CommandWords,
  path: readonly string[] = [],
): readonly { readonly command: CommandWords; readonly path: readonly string[] }[] => [
  { command, path },
  ...command.commands.flatMap((child) => flattened(child, [...path, child.name])),
];

const bashValues = (command: CommandWords): readonly string[] =>
  command.flags
    .filter((flag) => flag.takesValue)
    .map((flag) => {
      const reply = flag.choices.length > 0 ? `-W "${flag.choices.join(" ")}"` : "-f";
      return `        ${flag.names.join("|")}) COMPREPLY=($(compgen ${reply} -- "$word")); return ;;\n`;
    });

const bashScript = (root: CommandWords): string => {
  const all = flattened(root);
  const paths = all.filter(({ path }) => path.length > 0).map(({ path }) => `" ${path.join(" ")}"`);
  return [
    "# bash completion for causeway: source <(causeway completion bash)\n",
    "_causeway() {\n",
    `  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="" i\n`,
    "  COMPREPLY=()\n",
    "  for ((i = 1; i < COMP_CWORD; i++)); do\n",
    `    case "$command \${COMP_WORDS[i]}" in\n`,
    `      ${paths.join("|")}) command="$command \${COMP_WORDS[i]}" ;;\n`,
    "    esac\n",
    "  done\n",
    '  case "$command" in\n',
    ...all.flatMap(({ command, path }) => bashCase(command, path)),
    "  esac\n",
    "}\n",
    "complete -o default -F _causeway causeway kubectl-causeway\n",
  ].join("");
};

const bashCase = (command: CommandWords, path: readonly string[]): readonly string[] => {
  const words = [...command.words, ...command.flags.flatMap((flag) => flag.names), "--help"];
  return [
    `    "${path.map((name) => ` ${name}`).join("")}")\n`,
    '      case "$before" in\n',
    ...bashValues(command),
    "      esac\n",
    `      COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$word")) ;;\n`,
  ];
};

const zshQuoted = (text: string): string =>
  text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, (char) => `\\${char}`);

const zshFlag = (flag: Flag): readonly string[] =>
  flag.names.map((name) => {
    const value = flag.choices.length > 0 ? `:value:(${flag.choices.join(" ")})` : ":value:_files";
    return `      '${name}[${zshQuoted(flag.summary)}]${flag.takesValue ? value : ""}' \\\n`;
  });

const zshScript = (root: CommandWords): string =>
  [
    "#compdef causeway kubectl-causeway\n",
    "# zsh completion for causeway: source <(causeway completion zsh)\n",
    "_causeway() {\n",
    "  local -a commands\n",
    `  local command=\${words[(r)(${root.words.join("|")})]}\n`,
    ...root.commands
      .filter((command) => command.commands.length > 0)
      .map(
        ({ name, words }) =>
          `  if [ "$command" = ${name} ]; then command="${name} \${words[(r)(${words.join("|")})]}"; fi\n`,
      ),
    '  case "$command" in\n',
    ...flattened(root)
      .toReversed()
      .map(({ command, path }) => zshCase(command, path)),
    "  esac\n",
    "}\n",
    'if [ "$funcstack[1]" = "_causeway" ]; then _causeway "$@"; else compdef _causeway causeway kubectl-causeway; fi\n',
  ].join("");

const zshCase = (command: CommandWords, path: readonly string[]): string => {
  const flags = `${command.flags.flatMap(zshFlag).join("")}      '--help[print help]' \\\n`;
  const pattern =
    path.length === 0 ? "*" : `"${path.join(" ")}${command.commands.length > 0 ? " " : ""}"`;
  if (command.commands.length === 0) {
    const values = command.words.length > 0 ? `(${command.words.join(" ")})` : "_default";
    return `    ${pattern}) _arguments \\\n${flags}      '*:argument:${values}' ;;\n`;
  }
  const described = command.commands.map(
    (child) => `        '${child.name}:${zshQuoted(child.summary)}'\n`,
  );
  return `    ${pattern})\n      commands=(\n${described.join("")}      )\n      _arguments \\\n${flags}      '${path.length === 0 ? "1" : "*"}: :{_describe command commands}' ;;\n`;
};

const fishQuoted = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");

const fishFlag = (condition: string, flag: Flag): string => {
  const names = flag.names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const value = flag.choices.length > 0 ? ` -x -a '${flag.choices.join(" ")}'` : " -r";
  return `complete -c causeway${condition} ${names.join(" ")}${flag.takesValue ? value : ""} -d '${fishQuoted(flag.summary)}'\n`;
};

const fishScript = (root: CommandWords): string =>
  [
    "# fish completion for causeway: causeway completion fish | source\n",
    "complete -c causeway -f\n",
    ...flattened(root).flatMap(({ command, path }) => fishCommand(command, path)),
  ].join("");

const fishCommand = (command: CommandWords, path: readonly string[]): readonly string[] => {
  const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`).join("; and ");
  const notDeeper = `not __fish_seen_subcommand_from ${command.words.join(" ")}`;
  const before = path.length === 0 ? "__fish_use_subcommand" : `${seen}; and ${notDeeper}`;
  return [
    ...command.flags.map((flag) =>
      fishFlag(path.length === 0 ? " -n __fish_use_subcommand" : ` -n '${seen}'`, flag),
    ),
    ...command.commands.map(
      (child) =>
        `complete -c causeway -n '${before}' -a ${child.name} -d '${fishQuoted(child.summary)}'\n`,
    ),
    ...(command.commands.length === 0 && command.words.length > 0
      ? [`complete -c causeway -n '${seen}' -a '${command.words.join(" ")}'\n`]
      : []),
    ...(command.takesPaths ? [`complete -c causeway -n '${seen}' -F\n`] : []),
  ];
};
