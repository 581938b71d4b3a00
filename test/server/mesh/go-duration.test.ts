import { describe, expect, it } from "vitest";
import { parseGoDuration, printGoDuration } from "../../../server/mesh/go-duration.js";

describe("parseGoDuration()", () => {
  // Cases of Go's time/time_test.go.
  it.each([
    ["0", 0],
    ["5s", 5e9],
    ["30s", 30e9],
    ["1478s", 1478e9],
    ["-5s", -5e9],
    ["+5s", 5e9],
    ["-0", 0],
    ["5.0s", 5e9],
    ["5.6s", 5.6e9],
    ["5.s", 5e9],
    [".5s", 0.5e9],
    ["1.0040s", 1.004e9],
    ["10ns", 10],
    ["11us", 11e3],
    ["12µs", 12e3],
    ["12μs", 12e3],
    ["13ms", 13e6],
    ["15m", 15 * 60e9],
    ["16h", 16 * 3600e9],
    ["3h30m", 3.5 * 3600e9],
    ["1m2s", 62e9],
    ["10.5s4m", 4 * 60e9 + 10.5e9],
    ["670.02ms", 670.02e6],
    ["1h2m3s4ms5us6ns", 3_723_004_005_006],
  ])("reads %s", (text, ns) => {
    expect(parseGoDuration(text)).toBeCloseTo(ns, 3);
  });

  it.each([
    "",
    "3",
    "-",
    "s",
    ".",
    "-.",
    ".s",
    "+.s",
    "1d",
    "5 s",
    "1e9ns",
    "9223372036854775808ns",
    "1".repeat(65),
  ])("refuses %j", (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});

describe("printGoDuration()", () => {
  it.each([
    [0, "0ns"],
    [850, "850ns"],
    [999.4, "999ns"],
    [999.6, "1.00µs"],
    [12_500, "12.50µs"],
    [999_994, "999.99µs"],
    [999_996, "1.00ms"],
    [1_250_000, "1.25ms"],
    [670_020_000, "670.02ms"],
    [999_999_999, "1.00s"],
    [2e9, "2.00s"],
    [61e9, "61.00s"],
    [-1_250_000, "-1.25ms"],
  ])("prints %d ns as %s", (ns, text) => {
    expect(printGoDuration(ns)).toBe(text);
    expect(text.includes("\u03bc")).toBe(false);
  });
});
