import { fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { CheckerService } from "../../../gen/causeway/v1/checker_pb.js";
import { MeshService } from "../../../gen/causeway/v1/mesh_pb.js";
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from "../../../gen/grpc/reflection/v1/reflection_pb.js";
import { createReflectionRoutes } from "../../../server/rpc/reflection.js";

type Question = MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"];

/** Asks questions on one stream. */
const ask = async (...questions: NonNullable<Question>[]): Promise<ServerReflectionResponse[]> => {
  const transport = createRouterTransport(createReflectionRoutes([MeshService, CheckerService]));
  const client = createClient(ServerReflection, transport);
  async function* requests() {
    for (const messageRequest of questions) yield { host: "h", messageRequest };
  }
  const answers: ServerReflectionResponse[] = [];
  for await (const answer of client.serverReflectionInfo(requests())) answers.push(answer);
  return answers;
};

/** Names of the files in an answer, or the code of its error. */
const filesOf = ({ messageResponse }: ServerReflectionResponse): unknown => {
  if (messageResponse.case === "errorResponse") return messageResponse.value.errorCode;
  if (messageResponse.case !== "fileDescriptorResponse") return messageResponse.case;
  const files = messageResponse.value.fileDescriptorProto;
  return files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
};

const symbol = (value: string) => ({ case: "fileContainingSymbol" as const, value });

describe("reflection", () => {
  it("lists the services", async () => {
    const [answer] = await ask({ case: "listServices", value: "*" });
    expect(answer?.validHost).toBe("h");
    expect(answer?.originalRequest?.messageRequest).toEqual({ case: "listServices", value: "*" });
    expect(answer?.messageResponse).toMatchObject({
      value: {
        service: [{ name: "causeway.v1.CheckerService" }, { name: "causeway.v1.MeshService" }],
      },
    });
  });

  it("knows what errors carry as details", async () => {
    const [answer] = await ask(symbol("google.rpc.BadRequest"));
    expect(answer && filesOf(answer)).toContain("google/rpc/error_details.proto");
  });

  it.each([
    "causeway.v1.MeshService",
    "causeway.v1.MeshService.GetPair",
    ".causeway.v1.Agent",
    "causeway.v1.Agent.agent_id",
    "causeway.v1.GetReportResponse.body",
    "causeway.v1.AgentState",
    "causeway.v1.AGENT_STATE_UP",
  ])("finds the file of %s", async (name) => {
    const [answer] = await ask(symbol(name));
    expect(answer && filesOf(answer)).toEqual(expect.arrayContaining(["causeway/v1/mesh.proto"]));
  });

  it("sends imports once a stream", async () => {
    const answers = await ask(
      symbol("causeway.v1.MeshService"),
      symbol("causeway.v1.CheckerService"),
      { case: "fileByFilename", value: "google/protobuf/timestamp.proto" },
    );
    expect(answers.map(filesOf)).toEqual([
      expect.arrayContaining(["causeway/v1/mesh.proto", "google/api/annotations.proto"]),
      [
        "causeway/v1/checker.proto",
        "google/api/field_behavior.proto",
        "google/protobuf/struct.proto",
      ],
      ["google/protobuf/timestamp.proto"],
    ]);
  });

  it("finds extensions", async () => {
    const options = "google.protobuf.MethodOptions";
    const http = 72_295_728;
    const [file, numbers] = await ask(
      {
        case: "fileContainingExtension",
        value: { containingType: options, extensionNumber: http },
      },
      { case: "allExtensionNumbersOfType", value: options },
    );
    expect(file && filesOf(file)).toEqual(expect.arrayContaining(["google/api/annotations.proto"]));
    expect(numbers?.messageResponse).toMatchObject({
      value: { baseTypeName: options, extensionNumber: [http] },
    });
  });

  it("answers what it does not know, and goes on", async () => {
    const answers = await ask(
      symbol("causeway.v1.Nope"),
      symbol("causeway.v1.AgentState.AGENT_STATE_UP"),
      { case: "fileByFilename", value: "nope.proto" },
      { case: "fileContainingExtension", value: { containingType: "a.B", extensionNumber: 1 } },
      { case: "allExtensionNumbersOfType", value: "a.B" },
      { case: undefined },
      { case: "allExtensionNumbersOfType", value: "causeway.v1.Agent" },
    );
    expect(answers.map(filesOf)).toEqual([
      Code.NotFound,
      Code.NotFound,
      Code.NotFound,
      Code.NotFound,
      Code.NotFound,
      Code.InvalidArgument,
      "allExtensionNumbersResponse",
    ]);
  });
});
