import { isUtf8 } from "node:buffer";

/**
 * The text of a file: UTF-8, or UTF-16 with a byte order mark as PowerShell writes it. Undefined when it is neither. The
 * mark is no part of the text.
 */
export const textOfBytes = (bytes: Uint8Array): string | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decode("utf-16le", bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decode("utf-16be", bytes);
  return isUtf8(bytes) ? decode("utf-8", bytes) : undefined;
};

const decode = (encoding: string, bytes: Uint8Array): string =>
  new TextDecoder(encoding).decode(bytes);
