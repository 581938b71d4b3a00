import type { DirectionView, PairAnswer } from "../../server/analyzer/answers.js";

// Explanations of np-guard's form, and ours, as facts that can be compared: who decides a direction, by which rule, or what
// each policy lacks. Wording is left out.

/** Facts of one pair of ends: "ingress NetworkPolicy shop/db rule 1 allows". */
export type PairFacts = {
  readonly source: string;
  readonly destination: string;
  readonly facts: readonly string[];
};

/** The facts in a text of np-guard's form: blocks of pairs, and at the end the pairs that are open by default. */
export const statedFacts = (text: string): readonly PairFacts[] => {
  const [blocks = "", open = ""] = text.split("# All Connections due to the system default");
  const pairs = blocks
    .split(/^-{5,}$/m)
    .map((block) => factsOfBlock(block))
    .filter((pair) => pair !== undefined);
  const defaults = [...open.matchAll(/^(\S+) => (\S+)$/gm)].map(([, source, destination]) => ({
    source: source ?? "",
    destination: destination ?? "",
    facts: ["egress default", "ingress default"],
  }));
  return [...pairs, ...defaults];
};

const factsOfBlock = (block: string): PairFacts | undefined => {
  const title = /^Connections between (\S+) => (\S+):$/m.exec(block);
  if (title === null) return undefined;
  const facts = new Set<string>();
  let direction = "";
  for (const line of block.split("\n")) {
    const heading = /^\t\t(Egress|Ingress) \(/.exec(line);
    if (heading !== null) direction = (heading[1] ?? "").toLowerCase();
    const fact = factOfLine(line.trim());
    if (direction !== "" && fact !== undefined) facts.add(`${direction} ${fact}`);
    // One line stands for both directions.
    if (/^\t(Allowed|Denied) .* due to the system default/.test(line)) {
      facts.add("egress default").add("ingress default");
    }
  }
  return { source: title[1] ?? "", destination: title[2] ?? "", facts: [...facts].sort() };
};

const actions: Readonly<Record<string, string>> = {
  allows: "allows",
  denies: "denies",
  passes: "passes",
};

const factOfLine = (line: string): string | undefined => {
  if (line.includes("the system default (Allow all)")) return "default";
  const policy = /^(\w+) '([^']+)' (.*)$/.exec(line);
  if (policy === null) return undefined;
  const [, kind, name, rest = ""] = policy;
  const title = `${kind} ${name}`;
  const rule = /(?:Ingress|Egress) rule #?(\S+)/.exec(rest)?.[1]?.replace(/,$/, "");
  const action = actions[rest.split(" ")[0] ?? ""];
  if (action !== undefined) return `${title} rule ${rule} ${action}`;
  if (rest.includes("(no rules defined)")) return `${title} no-rules`;
  if (rest.includes("is not allowed by any")) return `${title} peer`;
  return `${title} rule ${rule} ${rest.includes("named ports") ? "names" : "ports"}`;
};

/** The facts of an explained answer for the first of its paths. */
export const answeredFacts = (answer: PairAnswer): readonly string[] => {
  const [path] = answer.paths;
  if (path === undefined) return [];
  return [...new Set([...directionFacts(path.egress), ...directionFacts(path.ingress)])].sort();
};

const directionFacts = (view: DirectionView): readonly string[] =>
  view.parts
    .flatMap(({ by, action, rule, policies }) => {
      if (rule !== undefined) {
        const { kind, namespace, name } = rule.policy;
        const title = `${kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
        const word = action === "accept" ? "allows" : action === "deny" ? "denies" : "passes";
        return [`${title} rule ${rule.name === "" ? rule.number : rule.name} ${word}`];
      }
      if (by === "exemption" || by === "default") return ["default"];
      return policies.flatMap((policy) => lackOf(view, `${policy.namespace}/${policy.name}`));
    })
    .map((fact) => `${view.direction} ${fact}`);

const words: Readonly<Record<string, string>> = {
  "port-mismatch": "ports",
  "protocol-mismatch": "ports",
  "named-port-unresolved": "names",
  // It selects the peer and permits something that a tier decides before; its ports leave out what remains.
  overridden: "ports",
};

/** What a policy that isolates lacks: rules whose ports differ, else a rule that selects the peer, else rules. */
const lackOf = ({ misses }: DirectionView, name: string): readonly string[] => {
  const own = misses.filter(({ policy }) => `${policy.namespace}/${policy.name}` === name);
  const title = `NetworkPolicy ${name}`;
  const ports = own.filter(({ kind }) => words[kind] !== undefined);
  if (ports.length > 0) {
    return ports.map(({ kind, rule }) => `${title} rule ${rule?.number} ${words[kind]}`);
  }
  if (own.some(({ kind }) => kind === "no-rules")) return [`${title} no-rules`];
  return own.some(({ kind }) => kind === "peer-mismatch") ? [`${title} peer`] : [];
};
