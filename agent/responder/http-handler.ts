import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../../common/logger.js";
import { responderEchoBodyBytesMax } from "../limits.js";

/** Who answers; stated in every echo. */
export type ResponderIdentity = {
  /** Empty when unknown. */
  readonly podUid: string;
  readonly pod: string;
  readonly namespace: string;
  readonly node: string;
  readonly agentId: string;
  readonly version: string;
};

/** A page of metrics. */
export type MetricsSource = () => Promise<{ readonly contentType: string; readonly body: string }>;

/** What the handler is made with. */
export type HttpHandlerOptions = {
  readonly identity: ResponderIdentity;
  /** Absent: /metrics is 404. */
  readonly metrics: MetricsSource | undefined;
  readonly logger: Logger;
};

/** Answers /health, /echo and /metrics; 404 for the rest. */
export const createHttpHandler =
  (options: HttpHandlerOptions) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    // What a client sends along is of no use here: it is read and thrown away.
    request.resume();
    void answerOf(request, options).then((answer) => send(response, answer));
  };

type Answer = {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Bytes that follow the body. */
  readonly fillerBytes: number;
};

/** Never rejects. */
const answerOf = async (request: IncomingMessage, options: HttpHandlerOptions): Promise<Answer> => {
  const { method, url = "" } = request;
  if (method !== "GET" && method !== "HEAD")
    return errorAnswer(405, "only GET and HEAD are served");
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? "" : url.slice(mark + 1);
  if (path === "/health") return jsonAnswer(200, { status: "healthy" });
  if (path === "/echo") return echoAnswer(request, query, options.identity);
  if (path === "/metrics" && options.metrics !== undefined)
    return metricsAnswer(options.metrics, options.logger);
  return errorAnswer(404, "the paths are /health, /echo and /metrics");
};

const echoAnswer = (
  request: IncomingMessage,
  query: string,
  identity: ResponderIdentity,
): Answer => {
  const size = parseSize(query);
  if (size === undefined)
    return errorAnswer(400, `n is a number of bytes, 0 to ${responderEchoBodyBytesMax}`);
  const { remoteAddress = "", remotePort = 0 } = request.socket;
  const stated = {
    pod_uid: identity.podUid,
    pod: identity.pod,
    namespace: identity.namespace,
    node: identity.node,
    agent_id: identity.agentId,
    version: identity.version,
    client_ip: unmapped(remoteAddress),
    client_port: remotePort,
    size,
  };
  return { ...jsonAnswer(200, stated), fillerBytes: size };
};

const metricsAnswer = async (metrics: MetricsSource, logger: Logger): Promise<Answer> => {
  try {
    return { status: 200, fillerBytes: 0, ...(await metrics()) };
  } catch (error) {
    logger.error({ error: String(error) }, "metrics failed");
    return errorAnswer(500, "the metrics could not be made");
  }
};

const errorAnswer = (status: number, error: string): Answer => jsonAnswer(status, { error });

const jsonAnswer = (status: number, value: object): Answer => ({
  status,
  contentType: "application/json",
  body: `${JSON.stringify(value)}\n`,
  fillerBytes: 0,
});

const send = (response: ServerResponse, answer: Answer): void => {
  if (response.destroyed) return;
  response.writeHead(answer.status, {
    "content-type": answer.contentType,
    "content-length": Buffer.byteLength(answer.body) + answer.fillerBytes,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(answer.status === 405 ? { allow: "GET, HEAD" } : {}),
  });
  if (response.req.method === "HEAD") {
    response.end();
    return;
  }
  if (answer.fillerBytes === 0) {
    response.end(answer.body);
    return;
  }
  response.write(answer.body);
  response.end(filler().subarray(0, answer.fillerBytes));
};

/** The body of ?n=: undefined when it is not a whole number within the bound. Other parameters are ignored. */
const parseSize = (query: string): number | undefined => {
  const text = new URLSearchParams(query).get("n") ?? "0";
  if (!/^[0-9]{1,7}$/.test(text)) return undefined;
  const size = Number(text);
  return size <= responderEchoBodyBytesMax ? size : undefined;
};

/** An IPv4 client of a dual-stack socket by its IPv4 address. */
export const unmapped = (address: string): string =>
  /^::ffff:[0-9.]+$/i.test(address) ? address.slice("::ffff:".length) : address;

let fillerBytes: Buffer | undefined;

/** One megabyte for all answers, made when it is first asked for. */
const filler = (): Buffer => {
  fillerBytes ??= Buffer.alloc(responderEchoBodyBytesMax, "0123456789abcdef");
  return fillerBytes;
};
