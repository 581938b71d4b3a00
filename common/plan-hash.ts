/** SHA-256 as an argument: pure cores take it from their main. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Lower-case hex. */
export const hexFromBytes = (bytes: Uint8Array): string => {
  let hex = "";
  for (const byte of bytes) hex += (byte + 0x100).toString(16).slice(1);
  return hex;
};

/** The bytes of a hex string; what is not hex reads as zero. */
export const bytesFromHex = (hex: string): Uint8Array => {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16) || 0;
  }
  return bytes;
};

/**
 * Hash of a plan: SHA-256 over the (id, entry hash) pairs sorted by id, id as 4 bytes big-endian, then the entry's 8 bytes.
 * Both ends compute it from the entry hashes that the server made, never from decoded fields, so that builds of different
 * versions agree.
 */
export const computePlanHash = (
  entries: Iterable<{ readonly id: number; readonly hash: string }>,
  sha256: Sha256,
): string => {
  const sorted = [...entries].sort((a, b) => a.id - b.id);
  const bytes = new Uint8Array(sorted.length * 12);
  const view = new DataView(bytes.buffer);
  sorted.forEach((entry, i) => {
    view.setUint32(12 * i, entry.id);
    bytes.set(bytesFromHex(entry.hash).subarray(0, 8), 12 * i + 4);
  });
  return hexFromBytes(sha256(bytes));
};
