import { createHash, timingSafeEqual } from "node:crypto";
import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { createContextKey } from "@connectrpc/connect";
import type { Logger } from "../../common/logger.js";
import { apiTokensMax } from "../limits.js";
import { watchFiles } from "./watched-files.js";

/** What callers may be allowed to do, as in Kubernetes RBAC. */
export const apiVerbs = ["get", "list", "watch", "create"] as const;

/** One of them. */
export type ApiVerb = (typeof apiVerbs)[number];

/** What a caller wants to do. */
export type ApiAccess = {
  readonly verb: ApiVerb;
  /** The RPC; absent for plain HTTP paths such as /openapi.json. */
  readonly method: DescMethod | undefined;
};

/** Whether a caller may. Messages are for the caller and hold no secrets. */
export type ApiVerdict =
  | { readonly kind: "allowed"; readonly user: string }
  | { readonly kind: "unauthenticated"; readonly message: string }
  | { readonly kind: "denied"; readonly message: string };

/** Says who a token is and what it may do. Adapters: a token file here, TokenReview in a cluster. */
export interface ApiAuthenticator {
  authorize(token: string, access: ApiAccess): Promise<ApiVerdict>;
}

/** Who calls, for handlers and logs; empty when the port asks for no token. */
export const apiUserKey = createContextKey("", { description: "who calls" });

/** The token of an `authorization: Bearer` header; undefined when there is none. */
export const bearerToken = (authorization: string | undefined): string | undefined =>
  /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];

/**
 * The verb that an RPC needs: streams "watch", reads without side effects "list" when the name starts so, else "get",
 * everything else "create". Reflection is a read although it is a two-way stream.
 */
export const verbOfMethod = (method: DescMethod): ApiVerb => {
  if (method.parent.typeName.startsWith("grpc.reflection.")) return "get";
  if (method.methodKind === "server_streaming") return "watch";
  if (method.idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS) return "create";
  return method.name.startsWith("List") ? "list" : "get";
};

/** An authenticator that can be stopped. */
export interface TokenFileAuthenticator extends ApiAuthenticator {
  /** Stops reading the file. */
  stop(): void;
}

type TokenFileOptions = {
  readonly path: string;
  readonly logger: Logger;
  readonly everyMs?: number;
};

/** Takes tokens from a file of `token,user,verb+verb` lines, read again on change. Rejects when the file is not good. */
export const createTokenFileAuthenticator = async (
  options: TokenFileOptions,
): Promise<TokenFileAuthenticator> => {
  const file = await watchFiles({
    ...options,
    paths: [options.path],
    parse: ([content]) => parseTokenFile(content?.toString("utf8") ?? ""),
  });
  return {
    authorize: async (token, { verb }) => verdictOf(findToken(file.current, token), verb),
    stop: () => file.stop(),
  };
};

/** A line of a token file. The token itself is not kept. */
export type ApiToken = {
  readonly sha256: Buffer;
  readonly user: string;
  readonly verbs: ReadonlySet<ApiVerb>;
};

/** Reads a token file; throws naming every bad line by number, never by content. */
export const parseTokenFile = (text: string): readonly ApiToken[] => {
  const problems: string[] = [];
  const tokens: ApiToken[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const parsed = parseTokenLine(line);
    if (typeof parsed === "string") problems.push(`line ${at + 1}: ${parsed}`);
    else tokens.push(parsed);
  }
  if (tokens.length > apiTokensMax) problems.push(`more than ${apiTokensMax} tokens`);
  if (problems.length > 0) throw new Error(`token file: ${problems.slice(0, 10).join("; ")}`);
  return tokens;
};

const parseTokenLine = (line: string): ApiToken | string => {
  const [token = "", user = "", verbList = "", ...rest] = line
    .split(",")
    .map((part) => part.trim());
  if (rest.length > 0 || !/^\S+$/.test(token) || user === "") return "not token,user,verb+verb";
  const verbs = verbList.split("+");
  if (!verbs.every(isApiVerb)) return `verbs are ${apiVerbs.join(", ")}, joined by +`;
  return { sha256: sha256(token), user, verbs: new Set(verbs) };
};

const isApiVerb = (value: string): value is ApiVerb =>
  (apiVerbs as readonly string[]).includes(value);

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Looks at every token, whichever fits: how long it takes says nothing about them. */
const findToken = (tokens: readonly ApiToken[], token: string): ApiToken | undefined => {
  const wanted = sha256(token);
  let found: ApiToken | undefined;
  for (const candidate of tokens) {
    if (timingSafeEqual(candidate.sha256, wanted)) found = candidate;
  }
  return found;
};

const verdictOf = (token: ApiToken | undefined, verb: ApiVerb): ApiVerdict => {
  if (token === undefined) return { kind: "unauthenticated", message: "the token is not known" };
  return token.verbs.has(verb)
    ? { kind: "allowed", user: token.user }
    : { kind: "denied", message: `user ${token.user} may not ${verb}` };
};
