import { assert } from "./assert.js";

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

/** Value of a hex digit by its character code; what is none counts as 0. */
const nibbles = new Uint8Array(128);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  nibbles[digit.charCodeAt(0)] = value;
  nibbles[digit.toUpperCase().charCodeAt(0)] = value;
}

const idBytes = 4;
const entryHashBytes = 8;
const pairBytes = idBytes + entryHashBytes;

/**
 * Hash of a plan: SHA-256 over the (id, entry hash) pairs sorted by id, id as 4 bytes big-endian, then the entry's 8 bytes.
 * Both ends compute it from the entry hashes that the server made, never from decoded fields, so that builds of different
 * versions agree. Agents compute it for every push: no allocation for each entry.
 */
export const computePlanHash = (
  entries: Iterable<{ readonly id: number; readonly hash: string }>,
  sha256: Sha256,
): string => {
  const list = [...entries];
  const bytes = new Uint8Array(list.length * pairBytes);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const place of placesById(list)) {
    const { id, hash } = list[place] ?? nothing;
    view.setUint32(at, id);
    for (let i = 0; i < entryHashBytes; i++) {
      const high = nibbles[hash.charCodeAt(2 * i)] ?? 0;
      const low = nibbles[hash.charCodeAt(2 * i + 1)] ?? 0;
      bytes[at + idBytes + i] = (high << 4) | low;
    }
    at += pairBytes;
  }
  return hexFromBytes(sha256(bytes));
};

const nothing = { id: 0, hash: "" };

/** Room for the place beside a 32-bit id in the 53 bits of a number. */
const placesMax = 2 ** 20;

/** Places in a list by id. Numbers sort natively, several times faster than objects with a comparator. */
const placesById = (list: readonly { readonly id: number }[]): Float64Array => {
  assert(list.length <= placesMax, "a plan has at most a million entries");
  const places = new Float64Array(list.length);
  let place = 0;
  let former = 0;
  let isSorted = true;
  for (const { id } of list) {
    places[place] = id * placesMax + place;
    place += 1;
    isSorted &&= id >= former;
    former = id;
  }
  if (!isSorted) places.sort();
  for (let i = 0; i < places.length; i++) places[i] = (places[i] ?? 0) % placesMax;
  return places;
};
