import type { ServiceImpl } from "@connectrpc/connect";
import {
  CheckReportSchema,
  ConnectionDiffSchema,
  ExposureReportSchema,
  LintReportSchema,
  ListConnectionsResponseSchema,
  PairVerdictSchema,
  PolicyFixSchema,
  type PolicyService,
} from "../../gen/causeway/v1/policy_pb.js";
import { policyConnectionsPageDefault, policyPageDefault } from "../policy/limits.js";
import type { PolicyDesk } from "../policy/policy-desk.js";
import { messageFrom } from "./answer-wire.js";
import { Paging, parseFilter, parsePair, parseProfile, parseText } from "./policy-request.js";

/** What the service answers from. */
export type PolicyServiceDeps = { readonly desk: Pick<PolicyDesk, "ask"> };

type Service = ServiceImpl<typeof PolicyService>;

/** What the network policies of a cluster allow. Faults are thrown as RpcErrors. */
export const createPolicyService = (deps: PolicyServiceDeps): Service => ({
  ...pairMethods(deps),
  ...changeMethods(deps),
  ...modelMethods(deps),
});

/** Questions about one pair. */
const pairMethods = ({
  desk,
}: PolicyServiceDeps): Pick<Service, "evaluate" | "explain" | "suggestFix"> => ({
  evaluate: async (request, { signal }) => {
    const question = { kind: "evaluate", ...pairQuestion(request) } as const;
    return messageFrom(PairVerdictSchema, await desk.ask<"evaluate">(question, signal));
  },
  explain: async (request, { signal }) => {
    const question = { kind: "explain", ...pairQuestion(request) } as const;
    return messageFrom(PairVerdictSchema, await desk.ask<"explain">(question, signal));
  },
  suggestFix: async (request, { signal }) => {
    const question = { kind: "fix", ...pairQuestion(request) } as const;
    return messageFrom(PolicyFixSchema, await desk.ask<"fix">(question, signal));
  },
});

/** Questions about two models. */
const changeMethods = ({ desk }: PolicyServiceDeps): Pick<Service, "whatIf" | "diff"> => ({
  whatIf: async (request, { signal }) => {
    const { manifests } = request;
    const { profile, paging } = listQuestion("whatif", request);
    const changes = parseText("changes", request.changes);
    const answer = await desk.ask<"whatif">(
      { kind: "whatif", profile, manifests, changes, page: paging.fields },
      signal,
    );
    return messageFrom(ConnectionDiffSchema, paging.withToken(answer));
  },
  diff: async (request, { signal }) => {
    const { before: manifests } = request;
    const { profile, paging } = listQuestion("diff", request);
    const after = parseText("after", request.after);
    const answer = await desk.ask<"diff">(
      { kind: "diff", profile, manifests, after, page: paging.fields },
      signal,
    );
    return messageFrom(ConnectionDiffSchema, paging.withToken(answer));
  },
});

/** Questions about a whole model. */
const modelMethods = ({
  desk,
}: PolicyServiceDeps): Pick<Service, "listConnections" | "lint" | "exposure" | "check"> => ({
  listConnections: async (request, { signal }) => {
    const filter = {
      source: parseFilter("source", request.source),
      destination: parseFilter("destination", request.destination),
      namespace: parseFilter("namespace", request.namespace),
    };
    const { manifests } = request;
    const profile = parseProfile(request.profile);
    const list = ["connections", profile, ...Object.values(filter)];
    const paging = new Paging(request, list, policyConnectionsPageDefault);
    const answer = await desk.ask<"connections">(
      { kind: "connections", profile, manifests, filter, page: paging.fields },
      signal,
    );
    return messageFrom(ListConnectionsResponseSchema, paging.withToken(answer));
  },
  lint: async (request, { signal }) => {
    const { manifests, rules, suppressions } = request;
    const { profile, paging } = listQuestion("lint", request);
    const answer = await desk.ask<"lint">(
      { kind: "lint", profile, manifests, rules, suppressions, page: paging.fields },
      signal,
    );
    return messageFrom(LintReportSchema, paging.withToken(answer));
  },
  exposure: async (request, { signal }) => {
    const { manifests } = request;
    const { profile, paging } = listQuestion("exposure", request);
    const answer = await desk.ask<"exposure">(
      { kind: "exposure", profile, manifests, page: paging.fields },
      signal,
    );
    return messageFrom(ExposureReportSchema, paging.withToken(answer));
  },
  check: async (request, { signal }) => {
    const { manifests } = request;
    const rules = parseText("rules", request.rules);
    const profile = parseProfile(request.profile);
    const question = { kind: "check", profile, manifests, rules } as const;
    return messageFrom(CheckReportSchema, await desk.ask<"check">(question, signal));
  },
});

const pairQuestion = (
  request: Parameters<typeof parsePair>[0] & {
    readonly profile: string;
    readonly manifests: string;
  },
) => ({
  profile: parseProfile(request.profile),
  manifests: request.manifests,
  pair: parsePair(request),
});

const listQuestion = (
  kind: string,
  request: ConstructorParameters<typeof Paging>[0] & { readonly profile: string },
) => {
  const profile = parseProfile(request.profile);
  return { profile, paging: new Paging(request, [kind, profile], policyPageDefault) };
};
