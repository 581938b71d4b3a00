import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ruleFaultsMax,
  ruleLabelsMax,
  rulePortsMax,
  rulesCharsMax,
  rulesMax,
} from "../../../../server/analyzer/check/limits.js";
import { parseRules } from "../../../../server/analyzer/check/parse-rules.js";
import { QuestionError } from "../../../../server/analyzer/question-error.js";

const faultsOf = (text: string): readonly string[] => {
  try {
    parseRules(text, "rules.yaml");
  } catch (error) {
    if (!(error instanceof QuestionError)) throw error;
    expect(error.fault).toBe("invalid");
    return error.message.split("\n");
  }
  return [];
};

const rule = (parts: string): string => `permit:\n  - {from: a/b, to: c/d, ${parts}}\n`;

describe("parseRules()", () => {
  it("reads names, selectors and ports, with lines", () => {
    const { rules, file } = parseRules(
      `# who may do what
permit:
  - from: shop/web[Deployment]
    to: svc/shop/api
    ports: [TCP/80, udp/53, SCTP, "TCP/8000-8010"]
forbid:
  - from: {namespace: {env: dev}}
    to: {namespace: {env: prod}, pod: {app: db, tier: "1"}}
  - {from: {}, to: 10.0.0.0/8}
`,
      "rules.yaml",
    );
    expect(file).toBe("rules.yaml");
    expect(
      rules.map(({ kind, number, from, to, ports, line }) => [
        `${kind} ${number}`,
        from.text,
        to.text,
        ports.map(({ text }) => text).join(),
        line,
      ]),
    ).toEqual([
      ["permit 1", "shop/web[Deployment]", "svc/shop/api", "TCP/80,UDP/53,SCTP,TCP/8000-8010", 3],
      [
        "forbid 1",
        "all pods in namespaces with env=dev",
        "pods with app=db,tier=1 in namespaces with env=prod",
        "",
        7,
      ],
      ["forbid 2", "all pods", "10.0.0.0/8", "", 9],
    ]);
  });

  it("reads JSON, which is YAML", () => {
    expect(parseRules('{"forbid":[{"from":"a/b","to":"c/d"}]}', "r.json").rules).toHaveLength(1);
  });

  it("keeps label keys that are names of JavaScript", () => {
    const { rules } = parseRules("permit: [{from: {pod: {__proto__: x}}, to: a/b}]", "r");
    expect(rules[0]?.from.text).toBe("pods with __proto__=x");
  });

  it.each([
    ["ports: [TCP/0]", "rules.yaml:2: port 0 is not in 1-65535"],
    ["ports: [TCP/65536]", "rules.yaml:2: port 65536 is not in 1-65535"],
    ["ports: [TCP/90-80]", "rules.yaml:2: the range 90-80 ends before it begins"],
    ["ports: [ICMP/1]", "rules.yaml:2: protocol ICMP is none of SCTP, TCP, UDP"],
    ["ports: [80]", 'rules.yaml:2: port "80" is not of the form TCP/80, UDP/8000-8010 or SCTP'],
    [
      "ports: [80/TCP]",
      'rules.yaml:2: port "80/TCP" is not of the form TCP/80, UDP/8000-8010 or SCTP',
    ],
    ["ports: []", "rules.yaml:2: ports is empty: leave it out to mean every port"],
    ["ports: TCP/80", "rules.yaml:2: ports must be a list"],
    ["port: [TCP/80]", "rules.yaml:2: unknown key of a rule port: did you mean ports?"],
    ["why: because", "rules.yaml:2: unknown key of a rule why: known are from, to, ports"],
  ])("refuses {%s}", (parts, message) => {
    expect(faultsOf(rule(parts))).toEqual([message]);
  });

  it.each([
    ["permit:\n  - {to: a/b}\n", "rules.yaml:2: from is missing"],
    ["permit:\n  - {from: a/b, to:}\n", "rules.yaml:2: to is missing"],
    ["permit:\n  - {from: [a/b], to: a/b}\n", "rules.yaml:2: from must be a text"],
    [
      "permit:\n  - {from: {pods: {}}, to: a/b}\n",
      "rules.yaml:2: unknown key of from pods: did you mean pod?",
    ],
    ["permit:\n  - {from: {pod: app}, to: a/b}\n", "rules.yaml:2: from.pod must be a map"],
    [
      "permit:\n  - {from: {pod: {app: [x]}}, to: a/b}\n",
      "rules.yaml:2: from.pod.app must be a text",
    ],
    ["permit:\n  - a/b\n", "rules.yaml:2: a rule of permit must be a map"],
    [
      "allow:\n  - {}\npermit: [{from: a/b, to: a/c}]\n",
      "rules.yaml:1: unknown key allow: known are permit, forbid",
    ],
    [
      "forbit: []\npermit: [{from: a/b, to: a/c}]\n",
      "rules.yaml:1: unknown key forbit: did you mean forbid?",
    ],
    ["permit: 5\n", "rules.yaml:1: permit must be a list"],
    ["- a\n", "rules.yaml:1: the file must be a map"],
    ["", "rules.yaml:1: the file must be a map"],
    ["forbid: []\n", "rules.yaml:1: the file has no rule: write permit or forbid lists"],
    ["x: &a [1]\npermit: [{from: *a, to: a/b}]\n", "rules.yaml:2: from must be a text"],
  ])("refuses %j", (text, message) => {
    expect(faultsOf(text)).toContain(message);
  });

  it("refuses names as questions do", () => {
    const [fault] = faultsOf("permit:\n  - {from: 10.0.0.0/99, to: a/b}\n");
    expect(fault).toMatch(/^rules\.yaml:2: from: .*10\.0\.0\.0\/99/);
  });

  it("refuses what is not YAML with the line", () => {
    expect(faultsOf("permit:\n  - {from: a/b\n")[0]).toMatch(/^rules\.yaml:\d: not YAML: /);
    expect(faultsOf("permit: []\npermit: []\n")[0]).toMatch(/^rules\.yaml:2: not YAML: .*unique/);
  });

  it("tells every fault at once, by line", () => {
    expect(
      faultsOf("forbid:\n  - {from: a/b, to: a/c, ports: [x/1]}\npermit:\n  - {from: a/b}\n"),
    ).toEqual([
      "rules.yaml:2: protocol X is none of SCTP, TCP, UDP",
      "rules.yaml:4: to is missing",
    ]);
  });
});

describe("bounds of a rules file", () => {
  it("tells ruleFaultsMax faults and counts the rest", () => {
    const faults = faultsOf(`permit:\n${"  - {from: a/b}\n".repeat(ruleFaultsMax + 5)}`);
    expect(faults).toHaveLength(ruleFaultsMax + 1);
    expect(faults.at(-1)).toBe("5 more");
  });

  it("refuses more than rulesMax rules", () => {
    const text = `permit:\n${"  - {from: a/b, to: a/c}\n".repeat(rulesMax + 1)}`;
    expect(faultsOf(text)).toEqual([
      `rules.yaml:1: the file has ${rulesMax + 1} rules; ${rulesMax} are allowed`,
    ]);
  });

  it("refuses more than rulesCharsMax characters without reading them", () => {
    expect(faultsOf("#".repeat(rulesCharsMax + 1))[0]).toMatch(/characters; 1048576 are allowed/);
  });

  it("refuses more than rulePortsMax ports", () => {
    const ports = Array.from({ length: rulePortsMax + 1 }, (_, at) => `TCP/${at + 1}`).join();
    expect(faultsOf(rule(`ports: [${ports}]`))[0]).toMatch(/101 entries; 100 are allowed/);
  });

  it("refuses more than ruleLabelsMax labels", () => {
    const labels = Array.from({ length: ruleLabelsMax + 1 }, (_, at) => `k${at}: v`).join();
    expect(faultsOf(`permit: [{from: {pod: {${labels}}}, to: a/b}]`)[0]).toMatch(
      /65 labels; 64 are allowed/,
    );
  });

  it("refuses what is nested without end", () => {
    expect(faultsOf("[".repeat(20_000))).toHaveLength(1);
    expect(faultsOf("- ".repeat(20_000))).toHaveLength(1);
  });

  it("refuses aliases that would grow without end", () => {
    const bomb = Array.from({ length: 30 }, (_, at) =>
      at === 0 ? "a0: &a0 [x]" : `a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`,
    ).join("\n");
    expect(faultsOf(`${bomb}\npermit: *a29\n`).length).toBeGreaterThan(0);
  });
});

describe("parseRules() of anything", () => {
  const valid = "permit:\n  - {from: a/b, to: {pod: {app: x}}, ports: [TCP/80]}\nforbid: []\n";
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "\n",
    "permit",
    "from",
    "&a",
    "*a",
    "!!x ",
    "|",
    "\t",
    "\u0000",
    "? ",
  ];

  it("reads it or refuses it with a line, and never throws anything else", () => {
    const mutated = fc
      .tuple(
        fc.nat(valid.length),
        fc.nat(8),
        fc.array(fc.constantFrom(...pieces), { maxLength: 6 }),
      )
      .map(([at, cut, inserted]) => valid.slice(0, at) + inserted.join("") + valid.slice(at + cut));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: "binary" })), (text) => {
        for (const fault of faultsOf(text))
          expect(fault).toMatch(/^(rules\.yaml:\d+: |\d+ more$| )/);
      }),
      { numRuns: 500 },
    );
  });
});
