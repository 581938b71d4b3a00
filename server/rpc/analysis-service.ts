import { randomUUID } from "node:crypto";
import type { ServiceImpl } from "@connectrpc/connect";
import { type AnalysisService, DiagnosisSchema } from "../../gen/causeway/v1/analysis_pb.js";
import type { PolicyDesk } from "../policy/policy-desk.js";
import { messageFrom } from "./answer-wire.js";
import {
  diagnosisProtocols,
  parseEnd,
  parsePort,
  parseProfile,
  parseProtocol,
} from "./policy-request.js";
import { quoted, wrongField } from "./request-fields.js";

/** What the service answers from. */
export type AnalysisServiceDeps = { readonly desk: Pick<PolicyDesk, "ask"> };

/** Why A can't reach B. Faults are thrown as RpcErrors. */
export const createAnalysisService = ({
  desk,
}: AnalysisServiceDeps): ServiceImpl<typeof AnalysisService> => ({
  analyzePodCommunication: async (request, { signal }) => {
    const port = parsePort(request.port);
    const protocol = parseProtocol(request.protocol, diagnosisProtocols);
    const pair = {
      source: parseEnd("pod_a", request.podA),
      destination: parseEnd("pod_b", request.podB),
      ...(port === undefined ? {} : { port }),
      ...(protocol === undefined ? {} : { protocol }),
    };
    const question = {
      kind: "diagnose",
      profile: parseProfile(request.profile),
      manifests: request.manifests,
      pair,
      compat: parseCompat(request.compat),
      analysisId: randomUUID(),
    } as const;
    return messageFrom(DiagnosisSchema, await desk.ask<"diagnose">(question, signal));
  },
});

const parseCompat = (value: string): string => {
  if (value === "" || value === "seed") return value;
  throw wrongField("compat", `must be "seed" or empty, not ${quoted(value)}`);
};
