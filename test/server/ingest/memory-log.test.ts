import { describe, expect, it } from "vitest";
import { createMemoryLog } from "../../../server/ingest/memory-log.js";
import type { LogRecord } from "../../../server/ingest/protocol.js";
import { columnsOf } from "./ingest-harness.js";

const record: LogRecord = {
  kind: "results",
  agentId: "x",
  bootId: "b",
  seq: 1,
  columns: columnsOf([1]),
};

describe("createMemoryLog()", () => {
  it("accepts at once and recovers nothing", async () => {
    const log = createMemoryLog();
    expect(log.durability).toBe("memory");
    await expect(log.append(record)).resolves.toBeUndefined();
    expect(await log.recover()).toEqual([]);
  });

  it("refuses after it was closed", async () => {
    const log = createMemoryLog();
    await log.close();
    await expect(log.append(record)).rejects.toThrow("closed");
  });
});
