import { setMaxListeners } from "node:events";
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
} from "@connectrpc/connect";
import { expect } from "vitest";
import type { RunOutcome } from "../../common/agent-stream.js";
import { silentLogger } from "../../common/logger.js";
import { CheckerService } from "../../gen/causeway/v1/checker_pb.js";
import { MeshService } from "../../gen/causeway/v1/mesh_pb.js";
import { createCallEdge } from "../../server/rpc/call-edge.js";
import { createCheckerService } from "../../server/rpc/checker-service.js";
import { createMeshService, type MeshServiceDeps } from "../../server/rpc/mesh-service.js";
import type { ProbeRuns } from "../../server/rpc/run-probe.js";
import type { TestMesh } from "./mesh-fixtures.js";

type Run = Parameters<ProbeRuns["run"]>[0];

/** Answers every run by a function, and remembers what was asked. */
export const answeringRuns = (
  answer: (run: Run) => Promise<RunOutcome> | RunOutcome,
): ProbeRuns & { readonly asked: Run[] } => {
  const asked: Run[] = [];
  return {
    asked,
    run: async (run) => {
      asked.push(run);
      return await answer(run);
    },
  };
};

/** The services over a mesh, called through the in-memory transport and the interceptor of the query port. */
export const queryClients = (
  mesh: TestMesh,
  options: Partial<Pick<MeshServiceDeps, "runs" | "loss">> & {
    readonly posts?: "open" | "closed";
  } = {},
): {
  readonly mesh: Client<typeof MeshService>;
  readonly checker: Client<typeof CheckerService>;
} => {
  const { live, legacy, clock } = mesh;
  const drainSignal = new AbortController().signal;
  // As many listeners as streams.
  setMaxListeners(0, drainSignal);
  const edge = createCallEdge({ drainSignal, logger: silentLogger });
  const transport = createRouterTransport(
    ({ service }) => {
      service(
        MeshService,
        createMeshService({
          view: live.view,
          legacy,
          clock,
          loss: () => ({ lostResults: 0, lostBatches: 0 }),
          runs: answeringRuns(() => Promise.reject(new Error("no runs in this test"))),
          ...options,
        }),
      );
      const posts = options.posts ?? "open";
      service(CheckerService, createCheckerService({ view: live.view, legacy, clock, posts }));
    },
    { router: { interceptors: [edge] } },
  );
  return {
    mesh: createClient(MeshService, transport),
    checker: createClient(CheckerService, transport),
  };
};

/** Expects a call to fail with a code and a message. */
export const expectFailure = async (
  call: Promise<unknown>,
  code: Code,
  message: string | RegExp,
): Promise<void> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => ConnectError.from(thrown),
  );
  expect(error?.code === undefined ? "no error" : Code[error.code]).toBe(Code[code]);
  expect(error?.rawMessage).toMatch(message);
};
