import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Plan, PlanEntry } from "../../common/agent-stream.js";
import { bytesFromHex } from "../../common/plan-hash.js";
import type { ProbeSpec } from "../../common/probe.js";
import { probeKindNumber } from "../../common/wire-values.js";
import {
  ConnectResponseSchema,
  PlanEntrySchema,
  PlanSchema,
} from "../../gen/causeway/v1/agent_pb.js";
import type { ProbeKind as WireProbeKind } from "../../gen/causeway/v1/types_pb.js";

/**
 * A ConnectResponse with a plan, as it goes over the wire. Entries are immutable and the same objects from plan to plan, so
 * each is encoded once in its life: agents that come back one after the other get differences of many bases, and
 * thousands of entries each.
 */
export const encodePlan = (plan: Plan): Buffer => {
  const head = toBinary(PlanSchema, planWithoutUpserts(plan));
  const frames = plan.upserts.map(frameOf);
  let length = head.length;
  for (const frame of frames) length += frame.length;
  const { number } = ConnectResponseSchema.field.plan;
  const prefix = new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(length).finish();
  return Buffer.concat([prefix, head, ...frames], prefix.length + length);
};

const planWithoutUpserts = (plan: Plan) =>
  create(PlanSchema, {
    revision: BigInt(plan.revision),
    nonce: BigInt(plan.nonce),
    base:
      plan.baseRevision === undefined
        ? { case: "full", value: true }
        : { case: "baseRevision", value: BigInt(plan.baseRevision) },
    removes: [...plan.removes],
    hash: bytesFromHex(plan.hash),
  });

const frames = new WeakMap<PlanEntry, Uint8Array>();

/** One element of Plan.upserts with its tag and length. */
const frameOf = (entry: PlanEntry): Uint8Array => {
  const known = frames.get(entry);
  if (known !== undefined) return known;
  const bytes = toBinary(
    PlanEntrySchema,
    create(PlanEntrySchema, {
      id: entry.id,
      hash: bytesFromHex(entry.hash),
      key: entry.key,
      probe: wireProbeSpec(entry.probe),
      intervalMs: entry.intervalMs,
      agentId: entry.agentId,
      node: entry.node,
    }),
  );
  const { number } = PlanSchema.field.upserts;
  const frame = new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish();
  frames.set(entry, frame);
  return frame;
};

/** A probe as the wire has it. */
export const wireProbeSpec = (spec: ProbeSpec) => ({
  ...spec,
  kind: probeKindNumber(spec.kind) as WireProbeKind,
});
