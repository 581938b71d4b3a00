import {
  type DescEnum,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescService,
  toBinary,
} from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { file_google_rpc_error_details } from "../../gen/google/rpc/error_details_pb.js";

/** Finds descriptors by what reflection clients ask for. Names are full names without a leading dot. */
export interface ReflectionIndex {
  /** Full names of the listed services, sorted. */
  readonly services: readonly string[];
  fileByName(name: string): DescFile | undefined;
  fileBySymbol(symbol: string): DescFile | undefined;
  fileByExtension(extendee: string, number: number): DescFile | undefined;
  /** Numbers of all known extensions, sorted; undefined for an unknown message. */
  extensionNumbers(extendee: string): readonly number[] | undefined;
  /** The file as a serialised FileDescriptorProto. */
  bytes(file: DescFile): Uint8Array;
}

/** Indexes the files of the services, everything that these import, and what errors carry as details. */
export const createReflectionIndex = (services: readonly DescService[]): ReflectionIndex => {
  const files = new Map<string, DescFile>();
  for (const service of services) addWithDependencies(files, service.file);
  addWithDependencies(files, file_google_rpc_error_details);
  const symbols = new Map<string, DescFile>();
  const extensions = new Map<string, Map<number, DescFile>>();
  for (const file of files.values()) {
    for (const type of nestedTypes(file)) {
      for (const symbol of symbolsOf(type)) symbols.set(symbol, file);
      if (type.kind !== "extension") continue;
      const ofMessage = extensions.get(type.extendee.typeName) ?? new Map<number, DescFile>();
      extensions.set(type.extendee.typeName, ofMessage.set(type.number, file));
    }
  }
  const serialised = new Map<DescFile, Uint8Array>();
  return {
    services: services.map((service) => service.typeName).sort(),
    fileByName: (name) => files.get(name),
    fileBySymbol: (symbol) => symbols.get(symbol),
    fileByExtension: (extendee, number) => extensions.get(extendee)?.get(number),
    extensionNumbers: (extendee) => {
      if (!symbols.has(extendee)) return undefined;
      return [...(extensions.get(extendee)?.keys() ?? [])].sort((a, b) => a - b);
    },
    bytes: (file) => {
      const bytes = serialised.get(file) ?? toBinary(FileDescriptorProtoSchema, file.proto);
      serialised.set(file, bytes);
      return bytes;
    },
  };
};

/** The file and what it imports, imported files last. */
export const withDependencies = (file: DescFile): ReadonlySet<DescFile> => {
  const closure = new Set<DescFile>([file]);
  // A set that grows while it is walked is walked to its new end.
  for (const member of closure)
    for (const dependency of member.dependencies) closure.add(dependency);
  return closure;
};

const addWithDependencies = (files: Map<string, DescFile>, file: DescFile): void => {
  for (const member of withDependencies(file)) files.set(member.proto.name, member);
};

const symbolsOf = (
  type: DescMessage | DescEnum | DescExtension | DescService,
): readonly string[] => {
  const inside = (names: readonly { readonly name: string }[]): readonly string[] =>
    names.map(({ name }) => `${type.typeName}.${name}`);
  switch (type.kind) {
    case "message":
      return [type.typeName, ...inside(type.fields), ...inside(type.oneofs)];
    case "enum": {
      // An enum value is a sibling of its enum, not a child.
      const scope = type.typeName.slice(0, type.typeName.lastIndexOf(".") + 1);
      return [type.typeName, ...type.values.map(({ name }) => `${scope}${name}`)];
    }
    case "service":
      return [type.typeName, ...inside(type.methods)];
    case "extension":
      return [type.typeName];
  }
};
