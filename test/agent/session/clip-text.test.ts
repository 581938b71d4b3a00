import { describe, expect, it } from "vitest";
import { clipText } from "../../../agent/session/clip-text.js";

const bytes = (text: string): number => new TextEncoder().encode(text).length;

describe("clipText()", () => {
  it("keeps what fits as it is", () => {
    expect(clipText("", 0)).toBe("");
    expect(clipText("abc", 3)).toBe("abc");
    expect(clipText("é€😀", 9)).toBe("é€😀");
  });

  it("cuts between characters, never within", () => {
    const text = "aé€😀aé€😀";
    for (let max = 0; max <= bytes(text); max++) {
      const clipped = clipText(text, max);
      expect(text.startsWith(clipped)).toBe(true);
      expect(bytes(clipped)).toBeLessThanOrEqual(max);
      expect(clipped).not.toMatch(/[\ud800-\udbff]$/);
      const next = [...text.slice(clipped.length)][0] ?? "";
      expect(next === "" || bytes(clipped + next) > max).toBe(true);
    }
  });
});
