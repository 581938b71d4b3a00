import { closest } from "./closest.js";
import { type FileEntry, readConfigFile } from "./config-file.js";

/**
 * One setting of a program: the one row from which its flag, its variable, its key in the file, its check, its default
 * and its line in `--help` come.
 */
export type Setting<T> = {
  /** Name in the environment, such as CAUSEWAY_AGENT_PORT. The flag follows from it. */
  readonly variable: string;
  /** What it is for, one line. */
  readonly summary: string;
  /** What is allowed, to stand after "allowed: ". */
  readonly allowed: string;
  /** The value of a text; undefined when it is not allowed. */
  readonly parse: (text: string) => T | undefined;
  /** Where the value comes from when nobody gives one. */
  readonly fallback: Fallback;
  /**
   * "switch" takes no value on the command line; "path" is a file, "tree" a file or a folder, that must be readable at
   * start.
   */
  readonly form: "value" | "switch" | "path" | "tree";
  /** True when the value must never be shown. */
  readonly secret: boolean;
};

/** What holds when nobody gives a value: a text, a value worked out later (said in words), or nothing. */
export type Fallback =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "derived"; readonly words: string }
  | { readonly kind: "required" };

/** The settings of a program by the names that its code uses. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table. */
export type SettingValues<Table extends SettingTable> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer T> ? T : never;
};

/** Where a value came from. */
export type Origin =
  | { readonly kind: "flag"; readonly flag: string }
  | { readonly kind: "environment" }
  | { readonly kind: "file"; readonly path: string; readonly line: number }
  | { readonly kind: "default" };

/** A text that somebody gave, and where. */
export type Given = { readonly text: string; readonly origin: Origin };

/** What the sources of a configuration hold. */
export type ConfigSources = {
  /** Texts of flags by the flag's name without dashes. */
  readonly flags: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The configuration file, when there is one. */
  readonly file?: { readonly path: string; readonly text: string } | undefined;
};

/** The values of a table as far as they are good: what checks across settings look at, so that they run in any case. */
export type PartialValues<Table extends SettingTable> = {
  readonly [Key in keyof Table]?: SettingValues<Table>[Key] | undefined;
};

/** The text and origin of every setting. */
export type GivenTexts<Table extends SettingTable> = { readonly [Key in keyof Table]: Given };

/** Either every value, or all problems (one line each) with the values that are good. */
export type ConfigResult<Table extends SettingTable> =
  | {
      readonly ok: true;
      readonly values: SettingValues<Table>;
      readonly given: GivenTexts<Table>;
    }
  | {
      readonly ok: false;
      readonly problems: readonly string[];
      readonly partial: PartialValues<Table>;
      readonly given: GivenTexts<Table>;
    };

/** The flag of a variable, without the dashes: lower case, dashes, no CAUSEWAY_. */
export const flagFromVariable = (variable: string): string =>
  variable
    .replace(/^CAUSEWAY_/, "")
    .toLowerCase()
    .replaceAll("_", "-");

/** Says where a value came from. */
export const originText = (origin: Origin): string => {
  switch (origin.kind) {
    case "flag":
      return `flag --${origin.flag}`;
    case "environment":
      return "environment";
    case "file":
      return `${origin.path} line ${origin.line}`;
    case "default":
      return "default";
  }
};

/** The line that refuses a value: variable, value, where it came from and what is allowed. */
export const refusal = (setting: Setting<unknown>, given: Given, why = ""): string => {
  const shown = setting.secret ? "******" : JSON.stringify(given.text);
  const reason = why === "" ? "is not allowed" : why;
  return `${setting.variable}: ${shown} (${originText(given.origin)}) ${reason}; allowed: ${setting.allowed}`;
};

/**
 * Works out a configuration: flag before environment before file before default. Pure; every problem is reported, not
 * only the first. A variable that is set but empty counts as not set, as the shell's `VAR=` and Kubernetes have it.
 */
export const resolveConfig = <Table extends SettingTable>(
  table: Table,
  sources: ConfigSources,
): ConfigResult<Table> => {
  const problems: string[] = [];
  const entries = fileEntries(table, sources, problems);
  const values: Record<string, unknown> = {};
  const given: Record<string, Given> = {};
  for (const [key, setting] of Object.entries(table)) {
    const found = findGiven(setting, sources, entries);
    given[key] = found ?? fallbackGiven(setting);
    if (found === undefined && setting.fallback.kind !== "text") {
      if (setting.fallback.kind === "required") problems.push(missing(setting));
      continue;
    }
    const value = setting.parse(given[key].text);
    if (value === undefined) problems.push(refusal(setting, given[key]));
    values[key] = value;
  }
  const texts = given as GivenTexts<Table>;
  return problems.length > 0
    ? { ok: false, problems, partial: values as PartialValues<Table>, given: texts }
    : { ok: true, values: values as SettingValues<Table>, given: texts };
};

/** Names the word nearest to a wrong one: `; did you mean "x"?`, or nothing. */
export const nearMiss = (wrong: string, known: readonly string[], prefix = ""): string => {
  const near = closest(wrong, known);
  return near === undefined ? "" : `; did you mean ${prefix}${near}?`;
};

const missing = (setting: Setting<unknown>): string =>
  `${setting.variable}: is required (${setting.summary}) and was not given by --${flagFromVariable(setting.variable)}, environment or file; allowed: ${setting.allowed}`;

const fallbackGiven = (setting: Setting<unknown>): Given => ({
  text: setting.fallback.kind === "text" ? setting.fallback.text : "",
  origin: { kind: "default" },
});

const findGiven = (
  setting: Setting<unknown>,
  sources: ConfigSources,
  entries: ReadonlyMap<string, FileEntry>,
): Given | undefined => {
  const flag = flagFromVariable(setting.variable);
  const flagText = Object.hasOwn(sources.flags, flag) ? sources.flags[flag] : undefined;
  if (flagText !== undefined) return { text: flagText, origin: { kind: "flag", flag } };
  const variable = sources.env[setting.variable];
  if (variable !== undefined && variable !== "") {
    return { text: variable, origin: { kind: "environment" } };
  }
  const entry = entries.get(flag);
  return entry === undefined
    ? undefined
    : {
        text: entry.text,
        origin: { kind: "file", path: sources.file?.path ?? "", line: entry.line },
      };
};

const fileEntries = (
  table: SettingTable,
  sources: ConfigSources,
  problems: string[],
): ReadonlyMap<string, FileEntry> => {
  if (sources.file === undefined) return new Map();
  const { path, text } = sources.file;
  const read = readConfigFile(text);
  for (const problem of read.problems)
    problems.push(`${path} line ${problem.line}: ${problem.text}`);
  const known = Object.values(table).map((setting) => flagFromVariable(setting.variable));
  for (const [key, entry] of read.entries) {
    if (known.includes(key)) continue;
    const hint = nearMiss(flagFromVariable(key), known);
    problems.push(`${path} line ${entry.line}: unknown key ${JSON.stringify(key)}${hint}`);
  }
  return read.entries;
};
