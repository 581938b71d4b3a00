import { create, createFileRegistry, type DescMessage } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";

/**
 * The peers of the ingest benchmark: results as rows of nine fields, the obvious encoding, one by one or many to a message.
 * They exist only here, built at run time, so that the contract never carries them.
 */
const field = (
  name: string,
  number: number,
  type: Type,
  label: Label = Label.OPTIONAL,
  typeName = "",
) => ({ name, number, type, label, typeName, jsonName: name });

const file = create(FileDescriptorProtoSchema, {
  name: "causeway/bench/rows.proto",
  package: "causeway.bench",
  syntax: "proto3",
  messageType: [
    {
      name: "Row",
      field: [
        field("seq", 1, Type.UINT64),
        field("target_id", 2, Type.UINT64),
        field("probe_id", 3, Type.STRING),
        field("target", 4, Type.STRING),
        field("start_unix_ns", 5, Type.INT64),
        field("rtt_us", 6, Type.UINT32),
        field("status", 7, Type.UINT32),
        field("node", 8, Type.STRING),
        field("trace", 9, Type.BYTES),
      ],
    },
    {
      name: "RowBatch",
      field: [field("rows", 1, Type.MESSAGE, Label.REPEATED, ".causeway.bench.Row")],
    },
  ],
});

const registry = createFileRegistry(file, () => undefined);

const message = (name: string): DescMessage => {
  const found = registry.getMessage(`causeway.bench.${name}`);
  if (found === undefined) throw new Error(`no message ${name}`);
  return found;
};

/** One result as a row. */
export const rowSchema = message("Row");

/** Many rows. */
export const rowBatchSchema = message("RowBatch");

/** The content of a row, for `create(rowSchema, …)`. */
export const rowInit = (index: number) => ({
  seq: BigInt(index + 1),
  targetId: BigInt(1_000_000 + index),
  probeId: `probe-${index % 97}`,
  target: `10.244.${index % 250}.${(index * 7) % 250}:6100`,
  startUnixNs: 1_795_000_000_000_000_000n + BigInt(index) * 1_000_000n,
  rttUs: 180 + (index % 900),
  status: 1,
  node: `node-${index % 100}.example`,
  trace: new Uint8Array(16).fill(index % 255),
});
