import type { Gap, ResultBatch, ResultColumns } from "../../../common/agent-stream.js";
import { Ingest } from "../../../server/ingest/ingest.js";
import type {
  AppendToken,
  IngestInput,
  IngestOutput,
  LogRecord,
} from "../../../server/ingest/protocol.js";
import { Interner } from "../../../server/mesh/interner.js";

export const epoch = "epoch-1";
export const wallMs = 1_790_000_000_000;

/** An ingest with two interned keys, and what it put out so far. */
export const createHarness = (interner = new Interner()) => {
  const ids = [interner.idFor("icmp|a.pod") ?? 0, interner.idFor("tcp|a.pod") ?? 0];
  const ingest = new Ingest({ serverEpoch: epoch, interner });
  let nowMs = 0;
  const step = (input: IngestInput): IngestOutput[] => ingest.step(input);
  return {
    ingest,
    interner,
    ids,
    step,
    now: () => nowMs,
    session: (unackedFirst = 1, bootId = "b1", agentId = "x") =>
      step({ kind: "session", agentId, bootId, unackedFirst, nowMs, wallMs }),
    results: (batch: Partial<ResultBatch> & { readonly seq: number }, agentId = "x") =>
      step({ kind: "results", agentId, batch: resultBatch(batch, ids), nowMs, wallMs }),
    gap: (gap: Partial<Gap> & { readonly seq: number }, agentId = "x") =>
      step({
        kind: "gap",
        agentId,
        gap: {
          bootId: "b1",
          fromUnixMs: wallMs - 1000,
          toUnixMs: wallMs,
          dropped: 5,
          reason: "spool_full",
          ...gap,
        },
        nowMs,
        wallMs,
      }),
    appended: (token: AppendToken) => step({ kind: "appended", token, nowMs }),
    failed: (token: AppendToken) => step({ kind: "append_failed", token, why: "disk full", nowMs }),
    tick: (ms = 250, loopDelayMs = 0) => {
      nowMs += ms;
      return step({ kind: "tick", nowMs, loopDelayMs });
    },
  };
};

export const resultBatch = (
  batch: Partial<ResultBatch> & { readonly seq: number },
  ids: readonly number[],
): ResultBatch => ({
  bootId: "b1",
  serverEpoch: epoch,
  columns: columnsOf([ids[0] ?? 0, ids[1] ?? 0]),
  dictionary: [],
  ...batch,
});

export const columnsOf = (
  targetId: readonly number[],
  fields: Partial<ResultColumns> = {},
): ResultColumns => ({
  baseUnixUs: wallMs * 1000 - 1_000_000,
  targetId,
  timeDeltaUs: targetId.map((_, index) => index * 1000),
  rttUs: targetId.map(() => 500),
  outcome: targetId.map(() => 1),
  details: [],
  ...fields,
});

export type Only<K extends IngestOutput["kind"]> = Extract<IngestOutput, { readonly kind: K }>;

export const only = <K extends IngestOutput["kind"]>(
  outputs: readonly IngestOutput[],
  kind: K,
): Only<K>[] => outputs.filter((output): output is Only<K> => output.kind === kind);

/** The one append of some outputs. */
export const appendOf = (
  outputs: readonly IngestOutput[],
): { readonly token: AppendToken; readonly record: LogRecord } => {
  const [append] = only(outputs, "append");
  if (append === undefined) throw new Error(`no append in ${JSON.stringify(outputs)}`);
  return append;
};
