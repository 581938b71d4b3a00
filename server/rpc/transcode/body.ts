import type { JsonValue } from "@bufbuild/protobuf";
import type { HttpRequest } from "../../http/handler.js";
import { RpcError } from "../errors.js";

/**
 * Reads a whole JSON body; undefined for an empty one. Throws RESOURCE_EXHAUSTED as soon as it is known to be larger than
 * bytesMax, INVALID_ARGUMENT when it is not JSON in UTF-8 or is compressed.
 */
export const readJsonBody = async (
  request: HttpRequest,
  bytesMax: number,
): Promise<JsonValue | undefined> => {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw invalid(`content-encoding ${encoding} is not supported`);
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Not destroyed on return: an HTTP/1.1 request takes the socket along, and the answer with it.
  const body: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return bytes === 0 ? undefined : parseBody(Buffer.concat(chunks));
};

const parseBody = (bytes: Uint8Array): JsonValue => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as JsonValue;
  } catch (cause) {
    throw invalid(`body is not JSON: ${(cause as Error).message}`, cause);
  }
};

const tooLarge = (bytesMax: number): RpcError =>
  new RpcError({
    code: "resource_exhausted",
    message: `the body is larger than ${bytesMax} bytes`,
  });

const invalid = (message: string, cause?: unknown): RpcError =>
  new RpcError({ code: "invalid_argument", message, cause });
