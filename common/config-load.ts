import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { type ParseArgsConfig, parseArgs } from "node:util";
import {
  flagFromVariable,
  type GivenTexts,
  nearMiss,
  type PartialValues,
  refusal,
  resolveConfig,
  type Setting,
  type SettingTable,
  type SettingValues,
} from "./config.js";
import { configText, helpText } from "./config-print.js";
import { configFileBytesMax } from "./limits.js";
import { nodeVersionProblem } from "./node-version.js";

/** Environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A program that is configured by a table. */
export type ConfigProgram<Table extends SettingTable, Config> = {
  /** As the user calls it, such as "causeway server". */
  readonly name: string;
  /** What it does, one line. */
  readonly intro: string;
  readonly table: Table;
  /** Problems between settings; sees the good values only. */
  readonly check: (values: PartialValues<Table>, env: Environment) => readonly string[];
  /** The program's configuration; runs only when there is no problem. */
  readonly finish: (values: SettingValues<Table>, env: Environment) => Config;
  /** Texts of the settings whose default follows from others, for --print-config. */
  readonly shown: (config: Config) => { readonly [Key in keyof Table]?: string };
};

/** What a program does next: run, or print and end with a code. */
export type ConfigStart<Config> =
  | { readonly kind: "run"; readonly config: Config }
  | {
      readonly kind: "exit";
      /** 0 for --help and --print-config, 2 for problems. */
      readonly code: 0 | 2;
      readonly stdout: string;
      readonly stderr: string;
    };

/**
 * Configures a program from its arguments (without node and the script), its environment and the files that they name.
 * Reads nothing else and prints nothing.
 */
export const loadConfig = <Table extends SettingTable, Config>(
  program: ConfigProgram<Table, Config>,
  argv: readonly string[],
  env: Environment,
): ConfigStart<Config> => {
  const parsed = parseFlags(program.table, argv);
  if (parsed.help) return done(helpText(program));
  const problems = [...parsed.problems];
  const version = nodeVersionProblem(process.versions.node);
  if (version !== undefined) problems.push(version);
  const file = readConfig(parsed.configPath, problems);
  const result = resolveConfig(program.table, { flags: parsed.flags, env, file });
  const values = result.ok ? result.values : result.partial;
  if (!result.ok) problems.push(...result.problems);
  problems.push(...pathProblems(program.table, result.given, values));
  problems.push(...program.check(values, env));
  if (!result.ok || problems.length > 0) return refused(program.name, problems);
  const config = program.finish(result.values, env);
  return parsed.printConfig
    ? done(configText(program.table, result.given, program.shown(config)))
    : { kind: "run", config };
};

type Flags = {
  readonly flags: Readonly<Record<string, string>>;
  readonly configPath: string | undefined;
  readonly printConfig: boolean;
  readonly help: boolean;
  readonly problems: readonly string[];
};

type FlagOptions = NonNullable<ParseArgsConfig["options"]>;

/** The flags that every program has beside those of its table. */
const metaFlags: FlagOptions = {
  config: { type: "string" },
  "print-config": { type: "boolean" },
  help: { type: "boolean", short: "h" },
};

/** Takes the arguments apart by the table; the last of a repeated flag holds. */
export const parseFlags = (table: SettingTable, argv: readonly string[]): Flags => {
  const options: FlagOptions = { ...metaFlags };
  for (const setting of Object.values(table)) {
    const type = setting.form === "switch" ? "boolean" : "string";
    options[flagFromVariable(setting.variable)] = { type };
  }
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const flags: Record<string, string> = {};
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") {
      problems.push(`unexpected argument ${JSON.stringify(token.value)}`);
    } else if (token.kind === "option") {
      const problem = flagProblem(options, token);
      if (problem === undefined) flags[token.name] = token.value ?? "true";
      else problems.push(problem);
    }
  }
  const { config: configPath, "print-config": printConfig, help, ...rest } = flags;
  return {
    flags: rest,
    configPath,
    printConfig: printConfig !== undefined,
    help: help !== undefined,
    problems,
  };
};

const flagProblem = (
  options: FlagOptions,
  token: {
    readonly name: string;
    readonly rawName: string;
    readonly value?: string | undefined;
  },
): string | undefined => {
  const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
  if (option === undefined) {
    const known = Object.keys(options);
    return `unknown flag ${token.rawName}${nearMiss(token.name, known, "--")}`;
  }
  if (option.type === "string" && token.value === undefined) return `--${token.name} needs a value`;
  return Object.hasOwn(metaFlags, token.name) &&
    option.type === "boolean" &&
    token.value !== undefined
    ? `--${token.name} takes no value`
    : undefined;
};

const readConfig = (
  path: string | undefined,
  problems: string[],
): { readonly path: string; readonly text: string } | undefined => {
  if (path === undefined) return undefined;
  try {
    const bytes = statSync(path).size;
    if (bytes > configFileBytesMax) {
      problems.push(`--config: ${path} has ${bytes} bytes; allowed: at most ${configFileBytesMax}`);
      return undefined;
    }
    return { path, text: readFileSync(path, "utf8") };
  } catch (error) {
    problems.push(`--config: ${JSON.stringify(path)} cannot be read (${reasonOf(error)})`);
    return undefined;
  }
};

const pathProblems = <Table extends SettingTable>(
  table: Table,
  given: GivenTexts<Table>,
  values: PartialValues<Table>,
): readonly string[] => {
  const problems: string[] = [];
  for (const [key, setting] of Object.entries(table)) {
    const path = values[key];
    const text = given[key];
    if (typeof path !== "string" || text === undefined) continue;
    const problem = pathProblem(setting.form, path);
    if (problem !== undefined) problems.push(refusal(setting, text, problem));
  }
  return problems;
};

const pathProblem = (form: Setting<unknown>["form"], path: string): string | undefined => {
  if (form !== "path" && form !== "tree") return undefined;
  try {
    const isFolder = statSync(path).isDirectory();
    accessSync(path, isFolder ? constants.R_OK | constants.X_OK : constants.R_OK);
    return isFolder && form === "path" ? "is a folder" : undefined;
  } catch (error) {
    return `cannot be read (${reasonOf(error)})`;
  }
};

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known: Readonly<Record<string, string>> = {
    ENOENT: "no such file",
    EACCES: "permission denied",
    EISDIR: "it is a folder",
  };
  return known[code] ?? (code === "" ? String(error) : code);
};

const done = (stdout: string): { kind: "exit"; code: 0; stdout: string; stderr: string } => ({
  kind: "exit",
  code: 0,
  stdout,
  stderr: "",
});

const refused = (
  name: string,
  problems: readonly string[],
): { kind: "exit"; code: 2; stdout: string; stderr: string } => ({
  kind: "exit",
  code: 2,
  stdout: "",
  stderr: `${problems.map((problem) => `${name}: ${problem}\n`).join("")}${name} was not started; \`${name} --help\` lists every setting.\n`,
});
