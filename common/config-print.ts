import {
  flagFromVariable,
  type GivenTexts,
  originText,
  type Setting,
  type SettingTable,
} from "./config.js";

type Described = { readonly name: string; readonly intro: string; readonly table: SettingTable };

/** The text of `--help`: one paragraph a setting, from the same table that is checked. */
export const helpText = (program: Described): string => {
  const paragraphs = Object.values(program.table).map((setting) => {
    const flag = `--${flagFromVariable(setting.variable)}${setting.form === "switch" ? "" : " VALUE"}`;
    return `  ${flag.padEnd(32)} ${setting.variable}\n      ${setting.summary}\n      allowed: ${setting.allowed}; ${fallbackText(setting)}\n`;
  });
  return [
    `Usage: ${program.name} [flags]\n\n${program.intro}\n\n`,
    "Every setting is a flag, a variable of the environment, or a key of the file (the flag without\n",
    "its dashes); the first that is given, in this order, holds.\n\n",
    ...paragraphs,
    "  --config FILE\n      a YAML file of settings, such as `http-port: 8080`\n",
    "  --print-config\n      print every value and where it came from, then end\n",
    "  --help\n      print this, then end\n",
  ].join("");
};

/**
 * The text of `--print-config`: variable, value and origin in columns; secrets are masked. `shown` holds the texts of
 * values that were worked out.
 */
export const configText = <Table extends SettingTable>(
  table: Table,
  given: GivenTexts<Table>,
  shown: { readonly [Key in keyof Table]?: string },
): string => {
  const rows = Object.entries(table).map(([key, setting]) => {
    const text = given[key];
    const value = text?.origin.kind === "default" ? (shown[key] ?? text.text) : text?.text;
    const masked = setting.secret && value !== "" ? "******" : (value ?? "");
    const origin = text === undefined ? "" : originText(text.origin);
    return { variable: setting.variable, value: masked === "" ? '""' : masked, origin };
  });
  const width = (texts: readonly string[]): number =>
    Math.max(...texts.map((text) => text.length)) + 2;
  const variableWidth = width(rows.map((row) => row.variable));
  const valueWidth = Math.min(width(rows.map((row) => row.value)), 42);
  return rows
    .map(
      (row) =>
        `${row.variable.padEnd(variableWidth)}${row.value.padEnd(valueWidth - 2)}  ${row.origin}\n`,
    )
    .join("");
};

const fallbackText = (setting: Setting<unknown>): string => {
  switch (setting.fallback.kind) {
    case "text":
      return setting.fallback.text === "" ? "default: none" : `default: ${setting.fallback.text}`;
    case "derived":
      return `default: ${setting.fallback.words}`;
    case "required":
      return "required";
  }
};
