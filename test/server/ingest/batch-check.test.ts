import { describe, expect, it } from "vitest";
import {
  batchResultsMax,
  resultDetailCharsMax,
  resultDetailsMax,
  targetKeyBytesMax,
} from "../../../common/limits.js";
import { outcomes } from "../../../common/probe.js";
import { checkBatch } from "../../../server/ingest/batch-check.js";
import { resultAgeMaxMs, resultFutureMaxMs } from "../../../server/limits.js";
import { Interner } from "../../../server/mesh/interner.js";
import { columnsOf, epoch, resultBatch, wallMs } from "./ingest-harness.js";

const interner = new Interner();
const id = interner.idFor("icmp|a.pod") ?? 0;

const check = (fields: Parameters<typeof resultBatch>[0]) =>
  checkBatch({ batch: resultBatch(fields, [id, id]), serverEpoch: epoch, interner, wallMs });

const ids = (count: number): number[] => Array.from({ length: count }, () => id);

describe("checkBatch()", () => {
  it("takes an empty batch and one of batchResultsMax results, and no more", () => {
    expect(check({ seq: 1, columns: columnsOf([]) }).kind).toBe("good");
    expect(check({ seq: 1, columns: columnsOf(ids(batchResultsMax)) }).kind).toBe("good");
    expect(check({ seq: 1, columns: columnsOf(ids(batchResultsMax + 1)) })).toMatchObject({
      kind: "bad",
      reason: "columns",
    });
  });

  it.each(["timeDeltaUs", "rttUs", "outcome"] as const)("refuses a shorter %s", (column) => {
    const columns = columnsOf(ids(2), { [column]: [1] });
    expect(check({ seq: 1, columns })).toMatchObject({ kind: "bad", reason: "columns" });
  });

  it.each([0, outcomes.length, 255, 1.5, Number.NaN])("refuses outcome %s", (outcome) => {
    const columns = columnsOf(ids(1), { outcome: [outcome] });
    expect(check({ seq: 1, columns })).toMatchObject({ kind: "bad", reason: "value" });
  });

  it.each([-1, 2 ** 32, 0.5, Number.NaN])("refuses round-trip time %s", (rtt) => {
    const columns = columnsOf(ids(1), { rttUs: [rtt] });
    expect(check({ seq: 1, columns })).toMatchObject({ kind: "bad", reason: "value" });
  });

  it.each([2 ** 31, -(2 ** 31), 0.5, Number.NaN])("refuses time delta %s", (delta) => {
    const columns = columnsOf(ids(1), { timeDeltaUs: [delta] });
    expect(check({ seq: 1, columns })).toMatchObject({ kind: "bad", reason: "time" });
  });

  it.each([-1, 2 ** 60, Number.NaN])("refuses base time %s", (baseUnixUs) => {
    const columns = columnsOf(ids(1), { baseUnixUs });
    expect(check({ seq: 1, columns })).toMatchObject({ kind: "bad", reason: "time" });
  });

  it("refuses results older than resultAgeMaxMs", () => {
    const oldest = (wallMs - resultAgeMaxMs) * 1000;
    expect(check({ seq: 1, columns: columnsOf(ids(1), { baseUnixUs: oldest }) }).kind).toBe("good");
    const columns = columnsOf(ids(1), { baseUnixUs: oldest - 1 });
    expect(check({ seq: 1, columns })).toMatchObject({ kind: "bad", reason: "age" });
  });

  it("moves a batch back that is further than resultFutureMaxMs in the future, distances kept", () => {
    const limit = (wallMs + resultFutureMaxMs) * 1000;
    const within = check({ seq: 1, columns: columnsOf(ids(1), { baseUnixUs: limit }) });
    expect(within).toMatchObject({ kind: "good", shiftedUs: 0 });
    const columns = columnsOf(ids(2), { baseUnixUs: limit, timeDeltaUs: [0, 1_000] });
    const moved = check({ seq: 1, columns });
    expect(moved).toMatchObject({
      kind: "good",
      shiftedUs: resultFutureMaxMs * 1000 + 1_000,
      columns: { baseUnixUs: wallMs * 1000 - 1_000 },
    });
  });

  it("bounds details by resultDetailsMax and resultDetailCharsMax", () => {
    const detail = (index: number) => ({ index, text: "x".repeat(resultDetailCharsMax) });
    const many = Array.from({ length: resultDetailsMax }, (_, index) => detail(index));
    const columns = columnsOf(ids(resultDetailsMax + 1), { details: many });
    expect(check({ seq: 1, columns }).kind).toBe("good");
    const more = { ...columns, details: [...many, detail(resultDetailsMax)] };
    expect(check({ seq: 1, columns: more })).toMatchObject({ kind: "bad", reason: "details" });
    const long = {
      ...columns,
      details: [{ index: 0, text: "x".repeat(resultDetailCharsMax + 1) }],
    };
    expect(check({ seq: 1, columns: long })).toMatchObject({ kind: "bad", reason: "details" });
  });

  it.each([
    [[{ index: 2, text: "" }]],
    [[{ index: -1, text: "" }]],
    [[{ index: 0.5, text: "" }]],
    [
      [
        { index: 0, text: "a" },
        { index: 0, text: "b" },
      ],
    ],
  ])("refuses details %j", (details) => {
    const columns = columnsOf(ids(2), { details });
    expect(check({ seq: 1, columns })).toMatchObject({ kind: "bad", reason: "details" });
  });

  it("bounds the dictionary by batchResultsMax and its keys by targetKeyBytesMax", () => {
    const key = (length: number) => `icmp|${"x".repeat(length - 5)}`;
    const one = (text: string) =>
      check({
        seq: 1,
        serverEpoch: "former",
        columns: columnsOf([7]),
        dictionary: [{ id: 7, key: text }],
      });
    expect(one(key(targetKeyBytesMax)).kind).toBe("good");
    expect(one(key(targetKeyBytesMax + 1))).toMatchObject({ kind: "bad", reason: "dictionary" });
    const dictionary = Array.from({ length: batchResultsMax + 1 }, (_, entry) => ({
      id: entry,
      key: "icmp|a.pod",
    }));
    const big = check({ seq: 1, serverEpoch: "former", columns: columnsOf([7]), dictionary });
    expect(big).toMatchObject({ kind: "bad", reason: "dictionary" });
  });
});
