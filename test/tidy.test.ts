import { existsSync } from "node:fs";
import { join } from "node:path";
import { getOption, hasOption } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { agentTable } from "../agent/config.js";
import { createProgram } from "../cli/program.js";
import { flagFromVariable, type SettingTable } from "../common/config.js";
import { AgentService } from "../gen/causeway/v1/agent_pb.js";
import { AnalysisService } from "../gen/causeway/v1/analysis_pb.js";
import { CheckerService } from "../gen/causeway/v1/checker_pb.js";
import { MeshService } from "../gen/causeway/v1/mesh_pb.js";
import { PolicyService } from "../gen/causeway/v1/policy_pb.js";
import { http } from "../gen/google/api/annotations_pb.js";
import { serverTable } from "../server/config.js";
import {
  agentSettings,
  commandNames,
  metricNames,
  rpcPaths,
  scriptNames,
  serverSettings,
} from "./support/interface-names.js";
import {
  exportsOf,
  filesBelow,
  reachableFrom,
  readSource,
  repositoryRoot,
} from "./support/source-files.js";

/** Goal: hold what lint cannot see. Method: read the sources as text and the programs' own tables. */

const sourceFolders = ["common", "server", "agent", "cli"];
const isTypeScript = (path: string): boolean => path.endsWith(".ts");
const sources = sourceFolders.flatMap(filesBelow).filter(isTypeScript);
const tests = filesBelow("test").filter(isTypeScript);
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...filesBelow("docs").filter((path) => path.endsWith(".md")),
  ...filesBelow("deploy").filter((path) => path.endsWith(".md")),
];
const scripts = JSON.parse(readSource("package.json")).scripts as Record<string, string>;
const services = [AgentService, MeshService, CheckerService, PolicyService, AnalysisService];

describe("sources", () => {
  it("have no file that nothing reaches", () => {
    const roots = ["cli/main.ts", "server/main.ts", "agent/main.ts"];
    const reached = reachableFrom(roots);
    expect(sources.filter((path) => !reached.has(path))).toEqual([]);
  });

  it("have no test file that nothing runs", () => {
    const programs = Object.values(scripts).flatMap((s) => s.match(/test\/[\w/-]+\.ts/g) ?? []);
    // The page is bundled for the browser by its test.
    const page = "test/web/page.ts";
    const roots = [...tests.filter((path) => path.endsWith(".test.ts")), ...programs, page];
    const reached = reachableFrom(roots);
    expect(tests.filter((path) => !reached.has(path))).toEqual([]);
  });

  it("document every export", () => {
    const bare = [...sources, ...tests.filter((path) => path.startsWith("test/support"))].flatMap(
      (path) =>
        exportsOf(path)
          .filter((e) => !e.documented)
          .map((e) => `${path}:${e.line} ${e.name}`),
    );
    expect(bare).toEqual([]);
  });

  it("stay below 500 lines a file", () => {
    const long = [...sources, ...tests].filter((path) => readSource(path).split("\n").length > 501);
    expect(long).toEqual([]);
  });

  it("leave no marks of unfinished work", () => {
    const words = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"];
    const mark = new RegExp(`\\b(${words.join("|")})\\b`);
    const marked = [...sources, ...tests].filter((path) => mark.test(readSource(path)));
    expect(marked).toEqual([]);
  });
});

describe("limits", () => {
  const files = sources.filter((path) => path.endsWith("limits.ts"));
  const limits = files.flatMap((path) => exportsOf(path).map((e) => ({ path, name: e.name })));

  it("are listed in docs/limits.md", () => {
    const listed = readSource("docs/limits.md");
    expect(limits.filter(({ name }) => !listed.includes(`\`${name}\``))).toEqual([]);
  });

  it("list nothing in docs/limits.md that does not exist", () => {
    const names = new Set(limits.map(({ name }) => name));
    const listed = [...readSource("docs/limits.md").matchAll(/^\| `(\w+)`/gm)].map(
      (m) => m[1] ?? "",
    );
    expect(listed.length).toBeGreaterThan(20);
    expect(listed.filter((name) => !names.has(name))).toEqual([]);
  });

  it("are each named by a test", () => {
    const text = tests.map(readSource).join("\n");
    const untested = limits.filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(text));
    expect(untested).toEqual([]);
  });
});

/** The command line as it describes itself; nothing of it is run. */
const program = createProgram(
  {
    name: "causeway",
    env: {},
    writeOut: () => true,
    writeError: () => undefined,
    isTerminal: false,
    isErrorTerminal: false,
    size: () => ({ columns: 80, rows: 25 }),
    nowMs: () => 0,
    signal: AbortSignal.abort(),
  },
  () => undefined,
);

describe("documents", () => {
  const commands = new Map(
    program.commands.map((command) => [
      command.name(),
      new Set(
        [command, ...command.commands].flatMap((one) =>
          one.options.map((option) => option.long ?? ""),
        ),
      ),
    ]),
  );
  const flagsOf = (table: SettingTable): Set<string> =>
    new Set(
      Object.values(table)
        .map((setting) => `--${flagFromVariable(setting.variable)}`)
        .concat(["--config", "--print-config", "--help"]),
    );
  const programFlags = new Map([
    ["server", flagsOf(serverTable)],
    ["agent", flagsOf(agentTable)],
  ]);
  const globalFlags = new Set(program.options.map((option) => option.long ?? ""));

  it("name only scripts that exist", () => {
    const wrong = documents.flatMap((path) =>
      [...readSource(path).matchAll(/npm (?:run (?:--silent )?([\w:-]+)|(test|start)\b)/g)]
        .map((match) => match[1] ?? match[2] ?? "")
        .filter((name) => scripts[name] === undefined)
        .map((name) => `${path}: npm run ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it("name only commands and flags that exist", () => {
    const wrong: string[] = [];
    for (const path of documents) {
      const text = readSource(path);
      const calls =
        /(?:npx causeway|(?<=^|[`$] ?)causeway|node dist\/(server|agent)\/main\.js)((?: [^\n`#|;&)]+)?)/gm;
      for (const match of text.matchAll(calls)) {
        const words = (match[2] ?? "")
          .trim()
          .split(/\s+/)
          .filter((word) => word !== "");
        const name = match[1] ?? words.find((word) => /^[a-z]+$/.test(word));
        const flags = words
          .filter((word) => word.startsWith("--"))
          .map((word) => word.replace(/=.*/, ""));
        if (name === undefined) continue;
        if (!commands.has(name)) wrong.push(`${path}: causeway ${name}`);
        const known = new Set([
          ...(commands.get(name) ?? []),
          ...(programFlags.get(name) ?? []),
          ...globalFlags,
          "--help",
        ]);
        for (const flag of flags) if (!known.has(flag)) wrong.push(`${path}: ${name} ${flag}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("name only RPCs that exist", () => {
    const methods = new Set(services.flatMap((s) => s.methods.map((m) => `${s.name}.${m.name}`)));
    const wrong = documents.flatMap((path) =>
      [
        ...readSource(path).matchAll(
          /\b((?:Agent|Mesh|Checker|Policy|Analysis|Incident)Service)[./](\w+)/g,
        ),
      ]
        .map((match) => `${match[1]}.${match[2]}`)
        .filter((name) => !methods.has(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it("link only to files that exist", () => {
    const wrong = documents.flatMap((path) =>
      [...readSource(path).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
        .map((match) => join(repositoryRoot, path, "..", match[1] ?? ""))
        .filter((target) => !existsSync(target))
        .map((target) => `${path}: ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it("describe every REST path in docs/api.md", () => {
    const text = readSource("docs/api.md");
    const paths = Object.values(rpcPaths).filter((path) => path !== undefined);
    expect(paths).toHaveLength(30);
    expect(paths.filter((path) => !text.includes(`\`${path}\``))).toEqual([]);
  });

  it("describe every setting of server and agent as its table does", () => {
    const text = readSource("docs/configuration.md");
    const rows = [serverTable, agentTable].flatMap(settingRows);
    expect(rows.filter((row) => !text.includes(row))).toEqual([]);
  });
});

/** The line of docs/configuration.md that every setting has. */
const settingRows = (table: SettingTable): string[] =>
  Object.values(table).map(({ variable, summary, fallback }) => {
    const words = {
      text: (f: typeof fallback) => (f.kind === "text" && f.text !== "" ? `\`${f.text}\`` : "none"),
      derived: (f: typeof fallback) => (f.kind === "derived" ? f.words : ""),
      required: () => "required",
    }[fallback.kind](fallback);
    return `| \`${variable}\` | \`--${flagFromVariable(variable)}\` | ${words} | ${summary} |`;
  });

describe("names that others rely on", () => {
  const defaultsOf = (table: SettingTable): Record<string, string | undefined> =>
    Object.fromEntries(
      Object.values(table).map(({ variable, fallback }) => [
        variable,
        fallback.kind === "text" ? fallback.text : undefined,
      ]),
    );
  /** Defaults that depend on other settings are said in words and tested with the configuration. */
  const sameWhereFixed = (
    table: SettingTable,
    wanted: Readonly<Record<string, string | undefined>>,
  ) => {
    const found = defaultsOf(table);
    expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
    for (const [variable, text] of Object.entries(found)) {
      if (text !== undefined)
        expect({ [variable]: text }).toEqual({ [variable]: wanted[variable] });
    }
  };

  it("are the RPCs and REST paths of the contract", () => {
    const found = Object.fromEntries(
      services.flatMap((service) =>
        service.methods.map((method) => {
          const rule = hasOption(method, http) ? getOption(method, http) : undefined;
          const path =
            rule === undefined
              ? undefined
              : `${(rule.pattern.case ?? "").toUpperCase()} ${String(rule.pattern.value)}`;
          return [`${service.name}.${method.name}`, path];
        }),
      ),
    );
    expect(found).toEqual(rpcPaths);
  });

  it("are the settings of the server", () => sameWhereFixed(serverTable, serverSettings));

  it("are the settings of the agent", () => sameWhereFixed(agentTable, agentSettings));

  it("are the commands", () => {
    const names = program.commands.map((command) => command.name());
    expect(names.filter((name) => name !== "help").sort()).toEqual([...commandNames].sort());
  });

  it("are the npm scripts", () => {
    expect(scriptNames.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it("are the metrics", () => {
    const text = sources
      .filter((path) => path.startsWith("server/http"))
      .map(readSource)
      .join("\n");
    expect(metricNames.filter((name) => !text.includes(`"${name}"`))).toEqual([]);
  });
});
