import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** An answer of one request. */
export type CheckerAnswer = {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
};

/**
 * A connection that writes requests byte for byte as the Go client of k8snet-checker does: HTTP/1.1, kept alive, one
 * request at a time. Close it.
 */
export type CheckerConnection = {
  get(path: string): Promise<CheckerAnswer>;
  /** Posts JSON text. */
  post(path: string, body: string): Promise<CheckerAnswer>;
  close(): void;
};

/** Connects to a server's query port. */
export const connectChecker = async (port: number): Promise<CheckerConnection> => {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  await once(socket, "connect");
  const read = answerReader(socket);
  let last: Promise<unknown> = Promise.resolve();
  const ask = (request: string): Promise<CheckerAnswer> => {
    const answer = last.then(() => {
      socket.write(request);
      return read();
    });
    // Whoever asked learns of a failure; the next request finds the closed connection by itself.
    last = answer.catch(() => undefined);
    return answer;
  };
  const host = `127.0.0.1:${port}`;
  return {
    get: (path) => ask(getRequest(host, path)),
    post: (path, body) => ask(postRequest(host, path, body)),
    close: () => socket.destroy(),
  };
};

const getRequest = (host: string, path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: Go-http-client/1.1\r\nContent-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\n`;

const postRequest = (host: string, path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: ${Buffer.byteLength(body)}\r\nContent-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\n${body}`;

/** Reads answers off a socket, one a call. Answers must have a content-length, as those of /api/v1 have. */
const answerReader = (socket: Socket): (() => Promise<CheckerAnswer>) => {
  let buffered = Buffer.alloc(0);
  let failure: Error | undefined;
  let waiting: (() => void) | undefined;
  const wake = (): void => waiting?.();
  socket.on("data", (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    wake();
  });
  socket.on("error", (error) => {
    failure = error;
    wake();
  });
  socket.on("close", () => {
    failure ??= new Error("the server closed the connection");
    wake();
  });
  return async () => {
    for (;;) {
      const found = parseAnswer(buffered);
      if (found !== undefined) {
        buffered = buffered.subarray(found.bytes);
        return found.answer;
      }
      if (failure !== undefined) throw failure;
      await new Promise<void>((resolve) => {
        waiting = resolve;
      });
    }
  };
};

const parseAnswer = (
  bytes: Buffer,
): { readonly answer: CheckerAnswer; readonly bytes: number } | undefined => {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const [first = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const length = headers.get("content-length");
  if (length === undefined || headers.has("content-encoding")) {
    throw new Error(`not an answer of /api/v1: ${first} ${[...headers].join(" ")}`);
  }
  const end = headEnd + 4 + Number(length);
  if (bytes.length < end) return undefined;
  const answer = {
    status: Number(first.split(" ")[1]),
    contentType: headers.get("content-type") ?? "",
    body: bytes.toString("utf8", headEnd + 4, end),
  };
  return { answer, bytes: end };
};
