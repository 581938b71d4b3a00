import type { PodObject } from "../../model/objects.js";
import { isReadyPod } from "../../service/service-endpoints.js";

/**
 * Of the agents of one node one that is not ready and has no ready one of its DaemonSet beside it, as one that was evicted
 * and replaced has.
 */
export const downAmong = (agents: readonly PodObject[]): PodObject | undefined =>
  agents.find(
    (agent) =>
      !isReadyPod(agent) &&
      !agents.some((pod) => pod.owner?.name === agent.owner?.name && isReadyPod(pod)),
  );
