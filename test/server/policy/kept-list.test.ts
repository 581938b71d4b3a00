import { describe, expect, it } from "vitest";
import type { ConnectionRowView } from "../../../server/analyzer/answers.js";
import { KeptAnswer, offsetOf, RowCursor, sliceOf } from "../../../server/policy/kept-list.js";

const rowsTo = (count: number): ConnectionRowView[] =>
  Array.from({ length: count }, (_, at) => ({
    source: `default/s${at}[Pod]`,
    destination: "default/d[Pod]",
    connections: "All Connections",
    undetermined: "",
    because: [],
  }));

/** Rows, and how many of them were made. */
const counted = (count: number) => {
  const rows = rowsTo(count);
  let made = 0;
  const iterable: Iterable<ConnectionRowView> = {
    *[Symbol.iterator]() {
      for (const row of rows) {
        made++;
        yield row;
      }
    },
  };
  return { rows, iterable, made: () => made };
};

describe("RowCursor", () => {
  it("gives page after page without making a row twice", () => {
    const { rows, iterable, made } = counted(25);
    const cursor = new RowCursor(iterable, rows.length);
    const read: ConnectionRowView[] = [];
    let next: number | undefined = 0;
    while (next !== undefined) {
      const slice: ReturnType<RowCursor["page"]> = cursor.page({ offset: next, size: 10 });
      expect(slice.total).toBe(25);
      read.push(...slice.entries);
      next = slice.next;
    }
    expect(read).toEqual(rows);
    expect(made()).toBe(25);
  });

  it("gives a page again, or one further on", () => {
    const { rows, iterable } = counted(25);
    const cursor = new RowCursor(iterable, rows.length);
    for (const offset of [0, 10, 0, 20, 5]) {
      const { entries, next } = cursor.page({ offset, size: 10 });
      expect(entries).toEqual(rows.slice(offset, offset + 10));
      expect(next).toBe(offset + 10 < 25 ? offset + 10 : undefined);
    }
  });

  it("ends where the list ends", () => {
    const { rows, iterable } = counted(20);
    const cursor = new RowCursor(iterable, rows.length);
    expect(cursor.page({ offset: 10, size: 10 }).next).toBeUndefined();
    expect(cursor.page({ offset: 99, size: 10 })).toEqual({ entries: [], total: 20 });
    expect(new RowCursor([], 0).page({ offset: 0, size: 1 })).toEqual({ entries: [], total: 0 });
  });
});

describe("sliceOf()", () => {
  it("says where the next part begins", () => {
    const list = ["a", "b", "c"];
    expect(sliceOf(list, { offset: 0, size: 2 })).toEqual({
      entries: ["a", "b"],
      next: 2,
      total: 3,
    });
    expect(sliceOf(list, { offset: 2, size: 2 })).toEqual({ entries: ["c"], total: 3 });
  });
});

describe("offsetOf()", () => {
  it("refuses to go on with a list that is another one", () => {
    const page = { size: 1, after: { offset: 7, fingerprint: "one" } };
    expect(offsetOf(page, "one")).toBe(7);
    expect(offsetOf({ size: 1 }, "two")).toBe(0);
    expect(() => offsetOf(page, "two")).toThrow("the model has changed since the page before");
  });
});

describe("KeptAnswer", () => {
  it("makes an answer once for as long as the same is asked", () => {
    const kept = new KeptAnswer();
    let made = 0;
    const ask = (key: string) => kept.get(key, () => `${key} ${++made}`);
    expect(["a", "a", "b", "a"].map(ask)).toEqual(["a 1", "a 1", "b 2", "a 3"]);
    kept.clear();
    expect(ask("a")).toBe("a 4");
  });
});
