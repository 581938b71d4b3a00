import { describe, expect, it } from "vitest";
import type { ResultColumns } from "../../../common/agent-stream.js";
import { type Outcome, outcomeNumber } from "../../../common/probe.js";
import { createSeededRandom } from "../../../common/random.js";
import { cellSamplesMax, matrixCellsMax, matrixCellsPerAgentMax } from "../../../server/limits.js";
import { downProbes, Matrix, stalePeriods } from "../../../server/mesh/matrix.js";

const periodMs = 10_000;
const nowUnixUs = 1_790_000_000_000_000;
const query = { nowUnixUs, windowS: 60, periodMs };

type One = { readonly agoS: number; readonly rttUs?: number; readonly outcome?: Outcome };

const columns = (results: readonly One[], targetId = 1): ResultColumns => ({
  baseUnixUs: nowUnixUs,
  targetId: results.map(() => targetId),
  timeDeltaUs: results.map(({ agoS }) => -agoS * 1_000_000),
  rttUs: results.map(({ rttUs, outcome = "ok" }) => rttUs ?? (outcome === "ok" ? 500 : 0)),
  outcome: results.map(({ outcome = "ok" }) => outcomeNumber(outcome)),
  details: [],
});

const matrixOf = (results: readonly One[]): Matrix => {
  const matrix = new Matrix();
  matrix.apply("a", columns(results));
  return matrix;
};

const stateOf = (results: readonly One[], windowS = 60) =>
  matrixOf(results).cell("a", 1, { ...query, windowS })?.state;

describe("Matrix: states", () => {
  const failed = (agoS: number): One => ({ agoS, outcome: "timeout" });
  const good = (agoS: number): One => ({ agoS });

  it("knows nothing of what was never measured", () => {
    expect(new Matrix().cell("a", 1, query)).toBeUndefined();
    expect(matrixOf([good(1)]).cell("a", 2, query)).toBeUndefined();
    expect(matrixOf([good(1)]).cell("b", 1, query)).toBeUndefined();
  });

  it("is ok when all of the window answered", () => {
    expect(stateOf([good(21), good(11), good(1)])).toBe("ok");
    expect(stateOf([failed(100), good(11), good(1)])).toBe("ok");
  });

  it("is degraded with a loss in the window", () => {
    expect(stateOf([failed(41), good(31), good(1)])).toBe("degraded");
    expect(stateOf([good(21), failed(11), failed(1)])).toBe("degraded");
  });

  it(`is down when the last ${downProbes} failed, whatever was before`, () => {
    expect(stateOf([good(41), good(31), failed(21), failed(11), failed(1)])).toBe("down");
  });

  it("is down when all that was ever sent failed, and when all of the window failed", () => {
    expect(stateOf([failed(1)])).toBe("down");
    expect(stateOf([failed(11), failed(1)])).toBe("down");
    expect(stateOf([good(21), failed(1)], 10)).toBe("down");
  });

  it("goes by the last probes when the window is empty", () => {
    expect(stateOf([good(21), good(11)], 5)).toBe("ok");
    expect(stateOf([good(21), failed(11)], 5)).toBe("degraded");
    expect(stateOf([failed(31), failed(21), failed(11)], 5)).toBe("down");
  });

  it(`is stale after ${stalePeriods} periods without a probe`, () => {
    expect(stateOf([good(30)])).toBe("ok");
    expect(stateOf([good(31)])).toBe("stale");
    expect(stateOf([failed(31)])).toBe("stale");
  });

  it("does not count probes that were not run", () => {
    const notRun = (agoS: number): One => ({ agoS, outcome: "not_run" });
    expect(stateOf([notRun(1)])).toBe("not_measured");
    expect(stateOf([good(11), notRun(1)])).toBe("ok");
    expect(stateOf([good(40), notRun(1)])).toBe("stale");
    const cell = matrixOf([good(11), notRun(1)]).cell("a", 1, query);
    expect(cell).toMatchObject({ sent: 1, lost: 0, last: { outcome: "not_run" } });
  });
});

describe("Matrix: figures", () => {
  it("counts the window and shows the newest answer and the last probe", () => {
    const matrix = matrixOf([
      { agoS: 61, outcome: "timeout" },
      { agoS: 31, rttUs: 900 },
      { agoS: 21, rttUs: 700 },
      { agoS: 1, outcome: "refused", rttUs: 0 },
    ]);
    expect(matrix.cell("a", 1, query)).toEqual({
      state: "degraded",
      sent: 3,
      lost: 1,
      rttUs: 700,
      last: {
        outcome: "refused",
        rttUs: undefined,
        measuredUnixUs: nowUnixUs - 1_000_000,
        detail: "",
      },
    });
  });

  it("takes percentiles by nearest rank over the good answers of the window", () => {
    const matrix = matrixOf([
      { agoS: 70, rttUs: 9_999 },
      ...Array.from({ length: 10 }, (_, index) => ({ agoS: 50 - index, rttUs: 100 * (index + 1) })),
      { agoS: 1, outcome: "refused" as const, rttUs: 5 },
    ]);
    expect(matrix.quantiles("a", 1, query)).toEqual({ p50: 500, p99: 1_000 });
    expect(matrix.quantiles("a", 1, { nowUnixUs, windowS: 3_600 })).toEqual({
      p50: 600,
      p99: 9_999,
    });
    expect(matrix.quantiles("a", 2, query)).toBeUndefined();
  });

  it(`keeps the newest ${cellSamplesMax} samples (cellSamplesMax)`, () => {
    const count = cellSamplesMax + 10;
    const matrix = matrixOf(Array.from({ length: count }, (_, index) => ({ agoS: count - index })));
    expect(matrix.cell("a", 1, { ...query, windowS: 3_600 })?.sent).toBe(cellSamplesMax);
  });

  it("merges late results in time and never takes the last probe back", () => {
    const matrix = new Matrix();
    matrix.apply(
      "a",
      columns([
        { agoS: 30, rttUs: 3 },
        { agoS: 10, rttUs: 1 },
      ]),
    );
    matrix.apply(
      "a",
      columns([
        { agoS: 20, rttUs: 2 },
        { agoS: 40, rttUs: 4, outcome: "timeout" },
      ]),
    );
    expect(matrix.cell("a", 1, query)).toMatchObject({
      sent: 4,
      lost: 1,
      last: { rttUs: 1, measuredUnixUs: nowUnixUs - 10_000_000 },
    });
    expect(matrix.goodRtts("a", 1, 0)).toEqual([1, 2, 3]);
    expect(matrix.cell("a", 1, { ...query, windowS: 25 })).toMatchObject({ sent: 2 });
  });

  it("is the same whatever order results come in (seeded)", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = createSeededRandom(seed);
      const results = Array.from({ length: 100 }, (_, index) => ({
        agoS: 2 * index,
        rttUs: index + 1,
      }));
      const shuffled = results
        .map((result) => ({ result, at: random.next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ result }) => result);
      const matrix = new Matrix();
      for (const result of shuffled) matrix.apply("a", columns([result]));
      const newest = results.slice(0, cellSamplesMax).map(({ rttUs }) => rttUs);
      expect(matrix.goodRtts("a", 1, 0), `seed=${seed}`).toEqual(newest);
    }
  });

  it("starts a ring anew after weeks of silence, and drops what is weeks late", () => {
    const day = 86_400;
    const matrix = new Matrix();
    const at = (days: number, rttUs: number): ResultColumns => ({
      ...columns([{ agoS: 0, rttUs }]),
      baseUnixUs: nowUnixUs - days * day * 1_000_000,
    });
    matrix.apply("a", at(60, 1));
    matrix.apply("a", at(1, 2));
    matrix.apply("a", at(60, 3));
    matrix.apply("a", at(0, 4));
    expect(matrix.goodRtts("a", 1, 0)).toEqual([4, 2]);
  });

  it("keeps the detail of the newest probe only", () => {
    const matrix = new Matrix();
    const one = (agoS: number, text: string) => ({
      ...columns([{ agoS, outcome: "timeout" }]),
      details: [{ index: 0, text }],
    });
    const detail = () => matrix.cell("a", 1, query)?.last.detail;
    matrix.apply("a", one(20, "first"));
    expect(detail()).toBe("first");
    matrix.apply("a", one(30, "older"));
    expect(detail()).toBe("first");
    matrix.apply("a", one(10, "second"));
    expect(detail()).toBe("second");
    matrix.apply("a", columns([{ agoS: 1 }]));
    expect(detail()).toBe("");
  });
});

describe("Matrix: cells", () => {
  it("numbers batches and says which cells they wrote to", () => {
    const matrix = new Matrix();
    matrix.apply("a", columns([{ agoS: 1 }], 1));
    const { seq } = matrix;
    matrix.apply("b", columns([{ agoS: 1 }], 1));
    expect(matrix.cellSeq("a", 1)).toBeLessThanOrEqual(seq);
    expect(matrix.cellSeq("b", 1)).toBeGreaterThan(seq);
    expect(matrix.cellSeq("c", 1)).toBe(0);
  });

  it("drops and counts results beyond its cells; what it has goes on", () => {
    const matrix = new Matrix({ cellsMax: 2 });
    for (const target of [1, 2, 3]) matrix.apply("a", columns([{ agoS: 20 }], target));
    matrix.apply("a", columns([{ agoS: 1, rttUs: 7 }], 1));
    expect(matrix.cellCount).toBe(2);
    expect(matrix.droppedCount).toBe(1);
    expect(matrix.cell("a", 3, query)).toBeUndefined();
    expect(matrix.cell("a", 1, query)?.rttUs).toBe(7);
  });

  it("gives the cells of forgotten agents and targets to others, empty", () => {
    const matrix = new Matrix({ cellsMax: 2 });
    matrix.apply("a", { ...columns([{ agoS: 1 }], 1), details: [{ index: 0, text: "old" }] });
    matrix.apply("b", columns([{ agoS: 1 }], 2));
    matrix.forget("a");
    expect(matrix.cellCount).toBe(1);
    expect([...matrix.sources()]).toEqual(["b"]);
    matrix.apply("c", columns([{ agoS: 1, rttUs: 9 }], 5));
    expect(matrix.goodRtts("c", 5, 0)).toEqual([9]);
    expect(matrix.cell("c", 5, query)?.last.detail).toBe("");
    matrix.forgetTargets((target) => target === 2);
    expect([...matrix.targetsOf("b")]).toEqual([]);
    expect(matrix.cellCount).toBe(1);
    expect(matrix.droppedCount).toBe(0);
  });

  it("keeps matrixCellsPerAgentMax cells of one agent, and room for the others", () => {
    const matrix = new Matrix();
    for (let target = 1; target <= matrixCellsPerAgentMax + 1; target++) {
      matrix.apply("a", columns([{ agoS: 1 }], target));
    }
    expect(matrix.cellCount).toBe(matrixCellsPerAgentMax);
    expect(matrix.droppedCount).toBe(1);
    matrix.apply("b", columns([{ agoS: 1 }], matrixCellsPerAgentMax + 1));
    expect(matrix.cellCount).toBe(matrixCellsPerAgentMax + 1);
  });

  it("fills up to matrixCellsMax cells and no further", () => {
    const matrix = new Matrix();
    const targetId = Uint32Array.from({ length: 1_000 }, (_, target) => target);
    const batch = {
      baseUnixUs: nowUnixUs,
      targetId,
      timeDeltaUs: new Int32Array(1_000),
      rttUs: targetId.map((target) => target + 1),
      outcome: new Uint8Array(1_000).fill(1),
      details: [],
    };
    for (let agent = 0; agent <= matrixCellsMax / 1_000; agent++) matrix.apply(`a${agent}`, batch);
    expect(matrix.cellCount).toBe(matrixCellsMax);
    expect(matrix.droppedCount).toBe(1_000);
    expect(matrix.goodRtts("a2", 999, 0)).toEqual([1_000]);
  });
});
