import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chunkCharsMax, writeBufferBytes } from "../../cli/limits.js";
import { createSyncWriter } from "../../cli/process-context.js";

describe("createSyncWriter()", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "causeway-writer-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("writes what is longer than writeBufferBytes whole, whatever stands at the seams", () => {
    const file = join(folder, "out");
    const descriptor = openSync(file, "w");
    const text = `${"a".repeat(writeBufferBytes - 1)}€${"😀".repeat(writeBufferBytes / 2)}z`;
    const write = createSyncWriter(descriptor, () => undefined);
    expect(write("first\n")).toBe(true);
    expect(write(text)).toBe(true);
    expect(write("")).toBe(true);
    closeSync(descriptor);
    expect(readFileSync(file, "utf8") === `first\n${text}`).toBe(true);
  });

  it("has room for a piece of chunkCharsMax characters, each of three bytes", () => {
    expect(3 * chunkCharsMax).toBeLessThanOrEqual(writeBufferBytes);
  });
});
