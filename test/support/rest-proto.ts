import {
  create,
  createFileRegistry,
  type DescMessage,
  type DescService,
  type MessageInitShape,
  setExtension,
} from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_duration,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  FieldDescriptorProto_Label as Label,
  MethodOptionsSchema,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { http } from "../../gen/google/api/annotations_pb.js";
import { HttpRuleSchema } from "../../gen/google/api/http_pb.js";

/** A method of the test service: its rule, and what it streams. */
export type TestMethod = {
  readonly rule: MessageInitShape<typeof HttpRuleSchema>;
  readonly serverStreaming?: boolean;
  readonly clientStreaming?: boolean;
};

/** A service made at run time, whose methods take and return `test.v1.Item`, and that message. */
export type TestProto = { readonly service: DescService; readonly item: DescMessage };

const field = (name: string, number: number, type: Type, more: object = {}) => ({
  name,
  jsonName: name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
  number,
  type,
  label: Label.OPTIONAL,
  ...more,
});
const message = (typeName: string) => ({ typeName: `.${typeName}` });
const repeated = { label: Label.REPEATED };

const itemFields = [
  field("name", 1, Type.STRING),
  field("node", 2, Type.MESSAGE, message("test.v1.Node")),
  field("tags", 3, Type.STRING, repeated),
  field("big_number", 4, Type.INT64),
  field("on", 5, Type.BOOL),
  field("phase", 6, Type.ENUM, message("test.v1.Phase")),
  field("phases", 7, Type.ENUM, { ...message("test.v1.Phase"), ...repeated }),
  field("since", 8, Type.MESSAGE, message("google.protobuf.Timestamp")),
  field("ttl", 9, Type.MESSAGE, message("google.protobuf.Duration")),
  field("maybe", 10, Type.MESSAGE, message("google.protobuf.BoolValue")),
  field("labels", 11, Type.MESSAGE, { ...message("test.v1.Item.LabelsEntry"), ...repeated }),
  field("raw", 12, Type.BYTES),
  field("nodes", 13, Type.MESSAGE, { ...message("test.v1.Node"), ...repeated }),
  field("ratio", 14, Type.DOUBLE),
];

const labelsEntry = {
  name: "LabelsEntry",
  field: [field("key", 1, Type.STRING), field("value", 2, Type.STRING)],
  options: { mapEntry: true },
};

const nodeFields = [
  field("name", 1, Type.STRING),
  field("zone", 2, Type.STRING),
  field("parent", 3, Type.MESSAGE, message("test.v1.Node")),
  field("cores", 4, Type.UINT32),
];

/** Makes `test.v1.Rest` with these methods. */
export const makeTestProto = (methods: Readonly<Record<string, TestMethod>>): TestProto => {
  const dependencies = [
    file_google_protobuf_timestamp,
    file_google_protobuf_duration,
    file_google_protobuf_wrappers,
  ];
  const file = create(FileDescriptorProtoSchema, {
    name: "test/v1/rest.proto",
    package: "test.v1",
    syntax: "proto3",
    dependency: dependencies.map(({ proto }) => proto.name),
    messageType: [
      { name: "Item", field: itemFields, nestedType: [labelsEntry] },
      { name: "Node", field: nodeFields },
    ],
    enumType: [
      {
        name: "Phase",
        value: [
          { name: "PHASE_UNSPECIFIED", number: 0 },
          { name: "PHASE_ONE", number: 1 },
          { name: "PHASE_TWO", number: 2 },
        ],
      },
    ],
    service: [{ name: "Rest", method: Object.entries(methods).map(methodProto) }],
  });
  const set = create(FileDescriptorSetSchema, {
    file: [...dependencies.map(({ proto }) => proto), file],
  });
  const registry = createFileRegistry(set);
  const service = registry.getService("test.v1.Rest");
  const item = registry.getMessage("test.v1.Item");
  if (service === undefined || item === undefined) throw new Error("the test proto is not whole");
  return { service, item };
};

const methodProto = ([name, { rule, serverStreaming, clientStreaming }]: [string, TestMethod]) => {
  const options = create(MethodOptionsSchema);
  setExtension(options, http, create(HttpRuleSchema, rule));
  return {
    name,
    inputType: ".test.v1.Item",
    outputType: ".test.v1.Item",
    serverStreaming: serverStreaming === true,
    clientStreaming: clientStreaming === true,
    options,
  };
};
