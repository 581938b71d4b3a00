import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { MeshService } from "../../gen/causeway/v1/mesh_pb.js";

/**
 * A page as a user would write it: asks the server with Connect and with gRPC-Web from another origin, and shows the matrix
 * as it changes. The test reads the elements by their ids.
 */
const baseUrl = new URLSearchParams(location.search).get("server") ?? "";

const show = (id: string, text: string): void => {
  const element = document.getElementById(id);
  if (element !== null) element.textContent = text;
};

const agentsBy = async (id: string, transport: Transport): Promise<void> => {
  try {
    const { agents } = await createClient(MeshService, transport).listAgents({});
    show(id, agents.map((agent) => agent.agentId).join(" "));
  } catch (error) {
    show(id, `error: ${String(error)}`);
  }
};

const errorBy = async (id: string, transport: Transport): Promise<void> => {
  try {
    await createClient(MeshService, transport).getAgent({ agentId: "nobody.pod" });
    show(id, "no error");
  } catch (error) {
    show(id, String(error));
  }
};

const watch = async (transport: Transport): Promise<void> => {
  let frames = 0;
  for await (const matrix of createClient(MeshService, transport).watchMatrix({ kind: "tcp" })) {
    frames += 1;
    show("frames", String(frames));
    const states = matrix.rows.flatMap((row) =>
      row.cells.map((cell) => `${row.source} to ${cell.target}: ${cell.state}`),
    );
    if (matrix.whole || states.length > 0) show("matrix", states.join("\n"));
  }
};

const connect = createConnectTransport({ baseUrl });
const grpcWeb = createGrpcWebTransport({ baseUrl });
await Promise.all([
  agentsBy("connect", connect),
  agentsBy("grpc-web", grpcWeb),
  errorBy("error", connect),
  watch(connect).catch((error: unknown) => show("frames", `error: ${String(error)}`)),
]);
