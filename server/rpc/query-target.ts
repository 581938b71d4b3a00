import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { AgentService } from "../../gen/causeway/v1/agent_pb.js";
import { CheckerService } from "../../gen/causeway/v1/checker_pb.js";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { type HttpHandler, type HttpRequest, splitUrl } from "../http/handler.js";
import { type ApiAccess, verbOfMethod } from "./api-auth.js";
import type { FoundRoute, Transcoder } from "./transcode/transcoder.js";

/** What a request is for. */
export type QueryTarget =
  | { readonly kind: "http"; readonly handler: HttpHandler }
  | { readonly kind: "rpc"; readonly handler: UniversalHandler }
  | { readonly kind: "rest"; readonly found: FoundRoute }
  /** Nothing that is served; `style` says how to answer. */
  | {
      readonly kind: "nothing";
      readonly style: "rpc" | "rest";
      readonly error: unknown;
      readonly httpStatus?: number;
      readonly allow?: readonly string[];
    };

type TargetOptions = {
  /** By path, "/package.Service/Method". */
  readonly rpcHandlers: ReadonlyMap<string, UniversalHandler>;
  readonly transcoder: Transcoder;
  /** By exact path. */
  readonly httpHandlers: ReadonlyMap<string, HttpHandler>;
  /** Where agents should connect to instead; for the answer to those that come here. */
  readonly agentPort: number;
};

/** Finds what a request is for, by method and path alone. */
export const createTargetFinder =
  (options: TargetOptions) =>
  (request: HttpRequest): QueryTarget => {
    const [path] = splitUrl(request.url ?? "");
    const handler = options.rpcHandlers.get(path);
    if (handler !== undefined) return { kind: "rpc", handler };
    if (/^\/[\w.]+\.[\w]+\/\w+$/.test(path)) return unknownRpc(path, options.agentPort);
    const method = request.method ?? "GET";
    const plain = options.httpHandlers.get(path);
    if (plain !== undefined) {
      const isRead = method === "GET" || method === "HEAD";
      return isRead ? { kind: "http", handler: plain } : wrongMethod(method, ["GET"]);
    }
    return restTarget(options.transcoder, { method, path });
  };

const restTarget = (
  transcoder: Transcoder,
  { method, path }: { readonly method: string; readonly path: string },
): QueryTarget => {
  try {
    const match = transcoder.match(method, path);
    switch (match.kind) {
      case "found":
        return { kind: "rest", found: match };
      case "wrong_method":
        return wrongMethod(method, match.allow);
      case "none": {
        const error = new ConnectError(`nothing is served at ${path}`, Code.NotFound);
        return { kind: "nothing", style: "rest", error };
      }
    }
  } catch (error) {
    return { kind: "nothing", style: "rest", error };
  }
};

const wrongMethod = (method: string, known: readonly string[]): QueryTarget => {
  const allow = [...known, ...(known.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
  const error = new ConnectError(
    `this path takes ${known.join(", ")}, not ${method}`,
    Code.Unimplemented,
  );
  return { kind: "nothing", style: "rest", error, httpStatus: 405, allow };
};

const unknownRpc = (path: string, agentPort: number): QueryTarget => {
  const isAgents = path.startsWith(`/${AgentService.typeName}/`);
  const message = isAgents
    ? `agents connect to port ${agentPort} (CAUSEWAY_AGENT_PORT); this is the query port`
    : `unknown method ${path}`;
  return { kind: "nothing", style: "rpc", error: new ConnectError(message, Code.Unimplemented) };
};

/** What a caller must be allowed for a target; undefined when it is open to everyone. */
export const accessOf = (target: QueryTarget, openLegacy: boolean): ApiAccess | undefined => {
  switch (target.kind) {
    case "http":
      return target.handler.access === "open" ? undefined : { verb: "get", method: undefined };
    case "rpc":
      return target.handler.service.typeName === Health.typeName
        ? undefined
        : accessOfMethod(target.handler.method);
    case "rest": {
      const { method } = target.found.route;
      const isOpen = openLegacy && method.parent.typeName === CheckerService.typeName;
      return isOpen ? undefined : accessOfMethod(method);
    }
    case "nothing":
      return undefined;
  }
};

const accessOfMethod = (method: DescMethod): ApiAccess => ({ verb: verbOfMethod(method), method });
