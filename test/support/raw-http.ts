import http from "node:http";
import http2 from "node:http2";
import https from "node:https";

/** An answer, whole. */
export type RawAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** HTTP/2 trailers; empty for HTTP/1.1. */
  readonly trailers: Readonly<Record<string, string | readonly string[] | undefined>>;
};

/** A request; GET without a body, POST with one. */
export type RawRequest = {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** CA of a TLS port. */
  readonly ca?: string;
};

/** Sends one HTTP/1.1 request over a connection of its own; unlike fetch it leaves path and Host as they are. */
export const request1 = (
  url: string,
  { method, path, headers = {}, body, ca }: RawRequest,
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const { hostname, port, protocol } = new URL(url);
    const options = {
      method: method ?? methodOf(body),
      hostname,
      port,
      path,
      headers,
      agent: false,
    };
    const client =
      protocol === "https:"
        ? https.request({ ...options, ...(ca === undefined ? {} : { ca }) })
        : http.request(options);
    client.on("error", reject);
    client.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("utf8"),
          trailers: {},
        }),
      );
    });
    client.end(body);
  });

/** Sends one HTTP/2 request over a connection of its own. */
export const request2 = (
  url: string,
  { method, path, headers = {}, body, ca }: RawRequest,
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const session = http2.connect(url, ca === undefined ? {} : { ca });
    session.on("error", reject);
    const stream = session.request({
      ":method": method ?? methodOf(body),
      ":path": path,
      ...headers,
    });
    const chunks: Buffer[] = [];
    let answered: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
    let trailers: http2.IncomingHttpHeaders = {};
    stream.on("response", (received) => {
      answered = received;
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("close", () => {
      session.close();
      const status = answered[":status"] ?? 0;
      const text = Buffer.concat(chunks).toString("utf8");
      resolve({ status, headers: answered, text, trailers });
    });
    stream.end(body);
  });

const methodOf = (body: unknown): string => (body === undefined ? "GET" : "POST");
