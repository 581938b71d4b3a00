import { Http2SessionManager } from "@connectrpc/connect-node";
import { type Logger, silentLogger } from "../../common/logger.js";
import type { ServerConfig } from "../../server/config.js";
import { type StartedServer, startServer } from "../../server/start-server.js";
import { freePort } from "./processes.js";
import { loopbackServer } from "./server-config.js";

/** The whole server in this process, its query port open. */
export type PolicyServer = {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  readonly agentPort: number;
  /** Connections of HTTP/2 clients to it. */
  readonly sessions: Http2SessionManager;
  /** Posts a body as JSON; resolves to the status and the JSON of the answer. */
  post(path: string, body: unknown): Promise<readonly [status: number, json: Json]>;
  get(path: string): Promise<readonly [status: number, json: Json]>;
  /** A sample of its metrics, summed over labels that match; undefined where there is none. */
  metric(name: string): Promise<number | undefined>;
  stop(): Promise<void>;
};

/** The JSON of an answer; tests know what they ask for. */
export type Json =
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says.
  any;

/** Starts one; `manifests` is the folder of its live model. */
export const startPolicyServer = async (
  manifests: string | undefined,
  { logger = silentLogger, ...change }: Partial<ServerConfig> & { readonly logger?: Logger } = {},
): Promise<PolicyServer> => {
  const config = {
    ...loopbackServer,
    httpPort: await freePort(),
    agentPort: await freePort(),
    manifests,
    ...change,
  };
  const server: StartedServer = await startServer({
    config,
    logger,
    serverEpoch: "0123456789abcdef",
    lang: "en",
    print: () => undefined,
  });
  if (server.kind === "failed") throw new Error(server.why);
  const url = `http://127.0.0.1:${server.httpPort}`;
  // Node's own bound is 10 MB of requests that wait to be sent: with more, it reads no answer.
  const sessions = new Http2SessionManager(url, {}, { maxSessionMemory: 64 });
  const read = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, init);
    return [answer.status, await answer.json()] as const;
  };
  return {
    url,
    agentPort: server.agentPort,
    sessions,
    get: (path) => read(path),
    post: (path, body) => read(path, { method: "POST", body: JSON.stringify(body) }),
    metric: async (name) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      const lines = text.split("\n").filter((line) => line.startsWith(name));
      if (lines.length === 0) return undefined;
      return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    },
    stop: async () => {
      sessions.abort();
      await server.stop();
    },
  };
};
