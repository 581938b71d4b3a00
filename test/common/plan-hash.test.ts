import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  bytesFromHex,
  computePlanHash,
  hexFromBytes,
  type Sha256,
} from "../../common/plan-hash.js";
import { createSeededRandom } from "../../common/random.js";

const sha256: Sha256 = (bytes) => createHash("sha256").update(bytes).digest();

type Entry = { readonly id: number; readonly hash: string };

/** The definition, word for word. */
const expectedHash = (entries: readonly Entry[]): string => {
  const hash = createHash("sha256");
  for (const { id, hash: entryHash } of [...entries].sort((a, b) => a.id - b.id)) {
    const pair = Buffer.alloc(12);
    pair.writeUInt32BE(id);
    Buffer.from(entryHash, "hex").copy(pair, 4);
    hash.update(pair);
  }
  return hash.digest("hex");
};

const entriesOf = (ids: readonly number[]): Entry[] =>
  ids.map((id) => ({ id, hash: createHash("md5").update(`${id}`).digest("hex").slice(0, 16) }));

describe("computePlanHash()", () => {
  it("is SHA-256 over the pairs of id and entry hash, sorted by id, whatever their order", () => {
    const random = createSeededRandom(3);
    for (const count of [0, 1, 2, 700]) {
      const ids = new Set<number>();
      while (ids.size < count) ids.add(1 + Math.floor(random.next() * 0xffffffff));
      const entries = entriesOf([...ids]);
      const sorted = [...entries].sort((a, b) => a.id - b.id);
      expect(computePlanHash(entries, sha256)).toBe(expectedHash(entries));
      expect(computePlanHash(sorted, sha256)).toBe(expectedHash(entries));
      expect(computePlanHash(sorted.reverse().values(), sha256)).toBe(expectedHash(entries));
    }
  });

  it("takes the largest ids and upper-case hashes", () => {
    const entries = entriesOf([0xffffffff, 0xfffffffe, 1]);
    const upper = entries.map(({ id, hash }) => ({ id, hash: hash.toUpperCase() }));
    expect(computePlanHash(upper, sha256)).toBe(expectedHash(entries));
  });

  it("changes with an id and with a hash", () => {
    const hashes = [entriesOf([1, 2]), entriesOf([1, 3]), entriesOf([1])].map((entries) =>
      computePlanHash(entries, sha256),
    );
    expect(new Set(hashes).size).toBe(3);
  });
});

describe("hex", () => {
  it("goes to bytes and back", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(bytesFromHex(hexFromBytes(bytes))).toEqual(bytes);
    expect(hexFromBytes(Uint8Array.of(0, 10, 255))).toBe("000aff");
  });
});
