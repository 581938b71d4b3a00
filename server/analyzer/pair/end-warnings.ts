import type { PodObject } from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import { isHostPod } from "../policy/policy-end.js";
import type { Profile } from "../policy/profile.js";
import { issueNamesMax } from "../service/limits.js";
import { isReadyPod } from "../service/service-endpoints.js";

/** What the state of pods means for an answer that policies alone give. */
export const podStateWarnings = (
  ends: readonly PolicyEndpoint[],
  role: "source" | "destination",
): readonly string[] => {
  const pods = podsOf(ends);
  const states = new Map<string, PodObject[]>();
  for (const pod of pods) {
    const state = stateOf(pod, role);
    if (state === "") continue;
    const known = states.get(state);
    if (known === undefined) states.set(state, [pod]);
    else known.push(pod);
  }
  return [...states].map(([state, those]) => `${namesOf(those)} ${state}`);
};

/** What hides a pod on the host network from policies. */
export const hostNetworkWarnings = (
  ends: readonly PolicyEndpoint[],
  profile: Profile,
): readonly string[] => {
  const pods = podsOf(ends).filter((pod) => isHostPod(pod, profile));
  if (pods.length === 0) return [];
  const verb = pods.length === 1 ? "is" : "are";
  return [
    `${namesOf(pods)} ${verb} on the host network: no policy selects a pod there, and rules see the node in its place (profile ${profile.name})`,
  ];
};

const podsOf = (ends: readonly PolicyEndpoint[]): readonly PodObject[] => {
  const pods = new Map<string, PodObject>();
  for (const end of ends) {
    if (end.kind === "pod") pods.set(`${end.pod.namespace}/${end.pod.name}`, end.pod);
  }
  return [...pods.values()];
};

const stateOf = (pod: PodObject, role: "source" | "destination"): string => {
  if (pod.terminating)
    return "is being deleted: connections that are open may still work, new ones need not";
  if (pod.phase === "Pending") return "is not running (Pending): policies are judged as if it were";
  if (pod.phase === "Unknown") return "is on a node that does not answer (phase Unknown)";
  if (role === "destination" && !isReadyPod(pod)) {
    return "is not ready: policies let connections through that the pod may not take";
  }
  return "";
};

const namesOf = (pods: readonly PodObject[]): string => {
  const names = pods.map(({ namespace, name }) => `${namespace}/${name}`).sort();
  const more = names.length - issueNamesMax;
  const shown = names.slice(0, issueNamesMax).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
};
