import type { PolicyWorld } from "../../policy-world.js";
import { seesPodsOf } from "../../seen-objects.js";
import type { ServiceRoute } from "../../service/service-route.js";
import { serviceTitle } from "../../service/service-text.js";
import { kubectl } from "../findings/shell-words.js";
import type { ServiceFault } from "./service-faults.js";

/**
 * Whether the pods behind a Service were not read: the model has no pods of its namespace, and the endpoints are derived from
 * pods, or slices that list pods as ready.
 */
export const hasUnseenPods = (
  world: Pick<PolicyWorld, "model" | "view">,
  { service, endpoints: { from }, legs }: ServiceRoute,
): boolean =>
  !seesPodsOf(world, service.namespace) &&
  (from === "selector" ||
    legs.some(
      ({ state, endpoint: { holder } }) =>
        state === "stale" && holder.kind === "stale" && holder.why === "pod-missing",
    ));

/** That it can't be told whether the pods behind a Service take connections. */
export const unseenPodsFault = (
  { service, endpoints }: ServiceRoute,
  hits: ServiceFault["hits"],
): ServiceFault => {
  const { namespace } = service;
  return {
    code: "SELF_DATA_MISSING",
    effect: "unknown",
    hits,
    issue: `Whether the pods behind ${serviceTitle(service)} take the connection can't be told: the model has no pods of namespace ${namespace}`,
    solution: `Read the pods of namespace ${namespace} as well`,
    why: "Labels, state and ports of the pods decide what policies say of them and whether they answer.",
    steps: [kubectl(namespace, "get", "pods", "-o", "yaml")],
    data: { endpoints_from: endpoints.from, endpoints: String(endpoints.endpoints.length) },
  };
};
