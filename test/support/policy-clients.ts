import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { silentLogger } from "../../common/logger.js";
import { AnalysisService } from "../../gen/causeway/v1/analysis_pb.js";
import { PolicyService } from "../../gen/causeway/v1/policy_pb.js";
import type { PolicyDesk } from "../../server/policy/policy-desk.js";
import type { PolicyAnswers, PolicyQuestion } from "../../server/policy/question.js";
import { PolicyResponder } from "../../server/policy/responder.js";
import { createAnalysisService } from "../../server/rpc/analysis-service.js";
import { createCallEdge } from "../../server/rpc/call-edge.js";
import { RpcError } from "../../server/rpc/errors.js";
import { createPolicyService } from "../../server/rpc/policy-service.js";

/** A desk without processes: it answers in this one. */
export type InProcessDesk = Pick<PolicyDesk, "ask"> & {
  /** Brings the live model up to a folder. */
  load(path: string): Promise<void>;
  /** What was asked. */
  readonly asked: readonly PolicyQuestion[];
};

/** Makes one. */
export const inProcessDesk = (): InProcessDesk => {
  const responder = new PolicyResponder();
  const asked: PolicyQuestion[] = [];
  let loads = 0;
  return {
    asked,
    load: async (path) => {
      loads++;
      await responder.respond({ kind: "load", path, revision: `r${loads}` });
    },
    ask: async (question) => {
      asked.push(question);
      const reply = await responder.respond({ kind: "ask", question });
      if (reply.kind === "answer") return reply.answer as PolicyAnswers[typeof question.kind];
      if (reply.kind === "loaded") throw new Error("a load");
      const { fault, message } = reply.refusal;
      if (fault === "bug") throw new Error(message);
      const codes = {
        invalid: "invalid_argument",
        "not-found": "not_found",
        changed: "aborted",
        "no-model": "failed_precondition",
      } as const;
      throw new RpcError({ code: codes[fault], message });
    },
  };
};

/** The services over a desk, called through the in-memory transport and the interceptor of the query port. */
export const policyClients = (
  desk: Pick<PolicyDesk, "ask">,
): {
  readonly policies: Client<typeof PolicyService>;
  readonly analyses: Client<typeof AnalysisService>;
} => {
  const edge = createCallEdge({ drainSignal: new AbortController().signal, logger: silentLogger });
  const transport = createRouterTransport(
    ({ service }) => {
      service(PolicyService, createPolicyService({ desk }));
      service(AnalysisService, createAnalysisService({ desk }));
    },
    { router: { interceptors: [edge] } },
  );
  return {
    policies: createClient(PolicyService, transport),
    analyses: createClient(AnalysisService, transport),
  };
};
