import { describe, expect, it } from "vitest";
import { internedKeysMax, namedKeysMax } from "../../../server/limits.js";
import { Interner } from "../../../server/mesh/interner.js";

describe("Interner", () => {
  it("gives ids from 1, the same one for the same key", () => {
    const interner = new Interner();
    expect(["a", "b", "a", "c", "b"].map((key) => interner.idFor(key))).toEqual([1, 2, 1, 3, 2]);
    expect(interner.keyOf(2)).toBe("b");
    expect(interner.keyOf(0)).toBeUndefined();
    expect(interner.keyOf(4)).toBeUndefined();
    expect(interner.size).toBe(3);
  });

  it("gives out internedKeysMax ids and no more, and keeps those that it gave", () => {
    const interner = new Interner();
    for (let i = 0; i < internedKeysMax; i++) interner.idFor(`tcp|node/${i}`);
    expect(interner.idFor("one more")).toBeUndefined();
    expect(interner.size).toBe(internedKeysMax);
    expect(interner.idFor("tcp|node/7")).toBe(8);
  });

  it("gives out namedKeysMax ids to keys that agents name, and the others to plans", () => {
    const interner = new Interner();
    expect(interner.idFor("tcp|ours")).toBe(1);
    for (let i = 0; i < namedKeysMax; i++) interner.idForNamed(`tcp|node/${i}`);
    expect(interner.size).toBe(1 + namedKeysMax);
    expect(interner.idForNamed("one more")).toBeUndefined();
    expect(interner.idForNamed("tcp|ours")).toBe(1);
    expect(interner.idForNamed("tcp|node/7")).toBe(9);
    expect(interner.idFor("one more")).toBe(2 + namedKeysMax);
  });
});
