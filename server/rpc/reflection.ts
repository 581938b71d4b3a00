import type { DescFile, DescService } from "@bufbuild/protobuf";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "../../gen/grpc/reflection/v1alpha/reflection_pb.js";
import {
  createReflectionIndex,
  type ReflectionIndex,
  withDependencies,
} from "./reflection-index.js";

/** What both versions of a request ask: same bytes on the wire, same shape here, other type names. */
type Question =
  | {
      readonly case:
        | "fileByFilename"
        | "fileContainingSymbol"
        | "allExtensionNumbersOfType"
        | "listServices";
      readonly value: string;
    }
  | { readonly case: "fileContainingExtension"; readonly value: ExtensionName }
  | { readonly case: undefined; readonly value?: undefined };

/** What both versions answer. */
type Answer =
  | {
      readonly case: "fileDescriptorResponse";
      readonly value: { fileDescriptorProto: Uint8Array[] };
    }
  | {
      readonly case: "allExtensionNumbersResponse";
      readonly value: { baseTypeName: string; extensionNumber: number[] };
    }
  | { readonly case: "listServicesResponse"; readonly value: { service: { name: string }[] } }
  | {
      readonly case: "errorResponse";
      readonly value: { errorCode: number; errorMessage: string };
    };

type ExtensionName = { readonly containingType: string; readonly extensionNumber: number };

/** The services that `createReflectionRoutes` adds. */
export const reflectionServices: readonly DescService[] = [ServerReflection, ServerReflectionAlpha];

/**
 * gRPC reflection, v1 and v1alpha, for the given services; what grpcurl and `buf curl` need. A stream gets every file at
 * most once: first with all that it imports, later alone.
 */
export const createReflectionRoutes = (
  services: readonly DescService[],
): ((router: ConnectRouter) => void) => {
  const index = createReflectionIndex(services);
  async function* serverReflectionInfo(
    requests: AsyncIterable<{ readonly host: string; readonly messageRequest: Question }>,
  ) {
    const sent = new Set<DescFile>();
    for await (const request of requests) {
      const { host, messageRequest } = request;
      const messageResponse = answerTo(messageRequest, { index, sent });
      yield {
        validHost: host,
        originalRequest: { host, messageRequest: copyOf(messageRequest) },
        messageResponse,
      };
    }
  }
  return (router) =>
    router
      .service(ServerReflection, { serverReflectionInfo })
      .service(ServerReflectionAlpha, { serverReflectionInfo });
};

type Stream = { readonly index: ReflectionIndex; readonly sent: Set<DescFile> };

/** A question without the type name of its version. */
const copyOf = (question: Question): Question => {
  if (question.case !== "fileContainingExtension") return question;
  const { containingType, extensionNumber } = question.value;
  return { case: question.case, value: { containingType, extensionNumber } };
};

const answerTo = (request: Question, stream: Stream): Answer => {
  const { index } = stream;
  switch (request.case) {
    case "fileByFilename":
      return fileAnswer(index.fileByName(request.value), { what: request.value, stream });
    case "fileContainingSymbol": {
      const symbol = withoutDot(request.value);
      return fileAnswer(index.fileBySymbol(symbol), { what: symbol, stream });
    }
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = request.value;
      const file = index.fileByExtension(withoutDot(containingType), extensionNumber);
      return fileAnswer(file, {
        what: `extension ${extensionNumber} of ${containingType}`,
        stream,
      });
    }
    case "allExtensionNumbersOfType": {
      const baseTypeName = withoutDot(request.value);
      const extensionNumber = index.extensionNumbers(baseTypeName);
      if (extensionNumber === undefined) return failure(Code.NotFound, `unknown ${baseTypeName}`);
      const value = { baseTypeName, extensionNumber: [...extensionNumber] };
      return { case: "allExtensionNumbersResponse", value };
    }
    case "listServices": {
      const service = index.services.map((name) => ({ name }));
      return { case: "listServicesResponse", value: { service } };
    }
    case undefined:
      return failure(Code.InvalidArgument, "the request asks for nothing known");
  }
};

const fileAnswer = (
  file: DescFile | undefined,
  { what, stream: { index, sent } }: { readonly what: string; readonly stream: Stream },
): Answer => {
  if (file === undefined) return failure(Code.NotFound, `unknown ${what}`);
  const unsent = [...withDependencies(file)].filter(
    (member) => member === file || !sent.has(member),
  );
  for (const member of unsent) sent.add(member);
  const fileDescriptorProto = unsent.map((member) => index.bytes(member));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
};

const failure = (errorCode: Code, errorMessage: string): Answer => ({
  case: "errorResponse",
  value: { errorCode, errorMessage },
});

const withoutDot = (name: string): string => (name.startsWith(".") ? name.slice(1) : name);
