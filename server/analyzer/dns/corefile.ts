import { closest } from "../../../common/closest.js";
import { corefileCharsMax, corefileTokensMax } from "../limits.js";

/** A plugin line of a server block, with the words on its line and in its braces. */
export type CorefilePlugin = {
  readonly name: string;
  readonly args: readonly string[];
  /** Lines within its braces, as words. */
  readonly options: readonly (readonly string[])[];
  /** 1-based. */
  readonly line: number;
};

/** A server block: the zones it answers for, with ports, and its plugins. */
export type CorefileBlock = {
  /** Without scheme and port, lower case, without the last dot; "." for the root. */
  readonly zones: readonly string[];
  readonly plugins: readonly CorefilePlugin[];
  readonly line: number;
};

/** A Corefile, as far as it could be read. */
export type Corefile = {
  readonly blocks: readonly CorefileBlock[];
  /** Whether there is more than `blocks`: something is imported, or the file is too large to be read. */
  readonly isPartial: boolean;
  /** What CoreDNS would refuse to start with. */
  readonly errors: readonly { readonly line: number; readonly message: string }[];
};

type Token = { readonly text: string; readonly line: number };

/**
 * Parses a Corefile (the Caddyfile grammar of coredns.io/manual/toc/#configuration): blocks of "ZONE... {", plugin lines
 * with optional braces, comments, quotes; snippets "(name) {" are left out, `import` is not followed, within a block and
 * between blocks.
 */
export const parseCorefile = (text: string): Corefile => {
  if (text.length > corefileCharsMax) {
    return tooLarge;
  }
  const tokens = tokensOf(text);
  if (tokens.length >= corefileTokensMax) {
    return tooLarge;
  }
  return readBlocks(tokens);
};

const tooLarge: Corefile = { blocks: [], isPartial: true, errors: [] };

const tokensOf = (text: string): readonly Token[] =>
  text
    .split(/\r?\n/)
    .flatMap((content, index) =>
      [...content.matchAll(/"((?:[^"\\]|\\.)*)"|#.*|\S+/g)]
        .filter(([word]) => !word.startsWith("#"))
        .map((match) => ({ text: match[1] ?? match[0], line: index + 1 })),
    )
    .slice(0, corefileTokensMax);

const readBlocks = (tokens: readonly Token[]): Corefile => {
  const blocks: CorefileBlock[] = [];
  const errors: { line: number; message: string }[] = [];
  const isPartial = tokens.some(({ text }) => text === "import");
  let at = 0;
  while (at < tokens.length) {
    const head = headOf(tokens, at);
    if (head[0]?.text === "import") {
      at += head.length;
      continue;
    }
    const line = (head[0] ?? tokens[at])?.line ?? 1;
    const body = blockBody(tokens, at + head.length, { head, mayBeBare: blocks.length === 0 });
    if (typeof body === "string") {
      errors.push({ line, message: body });
      return { blocks, isPartial, errors };
    }
    at = body.end + 1;
    if (/^\(.*\)$/.test(head[0]?.text ?? "")) continue;
    const plugins = pluginsOf(body.tokens);
    errors.push(...plugins.flatMap(misspelt));
    blocks.push({ zones: head.map(({ text }) => zoneOf(text)), plugins, line });
  }
  return { blocks, isPartial, errors };
};

/** What stands in the braces after the zones, or what is wrong with them. A single block may do without braces. */
const blockBody = (
  tokens: readonly Token[],
  at: number,
  { head, mayBeBare }: { readonly head: readonly Token[]; readonly mayBeBare: boolean },
): { readonly tokens: readonly Token[]; readonly end: number } | string => {
  const opens = tokens[at]?.text === "{";
  const isBare = !opens && head.length > 0 && mayBeBare;
  if (!isBare && (!opens || head.length === 0)) return unopened(tokens[at], head);
  const { tokens: inside, end } = isBare
    ? { tokens: tokens.slice(at), end: tokens.length }
    : bodyOf(tokens, at);
  return end === undefined || !isBalanced(inside) ? "a { is never closed" : { tokens: inside, end };
};

/** The zones of a block: the words of a line, and of the next ones after a comma. */
const headOf = (tokens: readonly Token[], from: number): readonly Token[] => {
  const head: Token[] = [];
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    const last = head.at(-1);
    const goesOn = last === undefined || last.line === token.line || last.text.endsWith(",");
    if (token.text === "{" || token.text === "}" || !goesOn) break;
    head.push(token);
  }
  return head;
};

const isBalanced = (tokens: readonly Token[]): boolean => {
  let depth = 0;
  for (const { text } of tokens) {
    if (text === "{") depth++;
    if (text === "}") depth--;
    if (depth < 0) return false;
  }
  return depth === 0;
};

const unopened = (token: Token | undefined, head: readonly Token[]): string => {
  if (token?.text === "}") return "a } closes nothing";
  return head.length === 0
    ? "a { stands without a zone"
    : `"${head[0]?.text}" has no { } of its own`;
};

/** The tokens between an opening brace and the one that closes it. */
const bodyOf = (
  tokens: readonly Token[],
  open: number,
): { readonly tokens: readonly Token[]; readonly end: number | undefined } => {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (tokens[at]?.text === "{") depth++;
    if (tokens[at]?.text === "}" && --depth === 0) {
      return { tokens: tokens.slice(open + 1, at), end: at };
    }
  }
  return { tokens: [], end: undefined };
};

const pluginsOf = (tokens: readonly Token[]): readonly CorefilePlugin[] => {
  const plugins: CorefilePlugin[] = [];
  let at = 0;
  while (at < tokens.length) {
    const first = tokens[at] as Token;
    const words: string[] = [];
    while (at < tokens.length && tokens[at]?.line === first.line && tokens[at]?.text !== "{") {
      words.push((tokens[at++] as Token).text);
    }
    let options: readonly (readonly string[])[] = [];
    if (tokens[at]?.text === "{" && tokens[at]?.line === first.line) {
      const body = bodyOf(tokens, at);
      options = linesOf(body.tokens);
      at = (body.end ?? tokens.length) + 1;
    }
    const [name = "", ...args] = words;
    if (name !== "") plugins.push({ name, args, options, line: first.line });
    else if (at < tokens.length && tokens[at] === first) at++;
  }
  return plugins;
};

const linesOf = (tokens: readonly Token[]): readonly (readonly string[])[] => {
  const lines = new Map<number, string[]>();
  for (const { text, line } of tokens) lines.set(line, [...(lines.get(line) ?? []), text]);
  return [...lines.values()];
};

/** "dns://example.org.:5353" to "example.org". */
const zoneOf = (text: string): string => {
  const bare = text
    .replace(/,$/, "")
    .replace(/^[a-z]+:\/\//, "")
    .replace(/:\d+$/, "")
    .toLowerCase();
  return bare === "." || bare === "" ? "." : bare.replace(/\.$/, "");
};

// The plugins that CoreDNS ships with (plugin.cfg), and those that distributions add.
const knownPlugins: readonly string[] = (
  "acl any auto autopath azure bind bufsize cache cancel chaos clouddns debug dns64 dnssec dnstap erratic errors " +
  "etcd federation file forward geoip grpc grpc_server header health hosts import k8s_event k8s_external kubeapi kubernetai kubernetes loadbalance " +
  "local log loop metadata metrics minimal multisocket nomad nsid ocp_dnsnameresolver pprof prometheus proxy quic ready " +
  "records reload rewrite root route53 secondary sign template timeouts tls trace transfer tsig unbound view whoami wildcard"
).split(" ");

/** A plugin that CoreDNS does not know and that is one slip away from one that it does: it won't start. */
const misspelt = ({
  name,
  line,
}: CorefilePlugin): readonly { readonly line: number; readonly message: string }[] => {
  if (knownPlugins.includes(name)) return [];
  const near = closest(name, knownPlugins);
  return near === undefined
    ? []
    : [{ line, message: `unknown plugin "${name}": did you mean ${near}?` }];
};
