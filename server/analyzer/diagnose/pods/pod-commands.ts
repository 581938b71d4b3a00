import type { PodObject } from "../../model/objects.js";
import { kubectl } from "../findings/shell-words.js";

/** What kubectl takes for a pod; of a pod that was made from a manifest's template its workload, which has a real name. */
const wordsOf = ({ name, expanded, owner }: PodObject): readonly [string, string] =>
  expanded && owner !== undefined ? [owner.kind.toLowerCase(), owner.name] : ["pod", name];

const targetOf = (pod: PodObject): string => {
  const [kind, name] = wordsOf(pod);
  return kind === "pod" ? name : `${kind}/${name}`;
};

/** The command that shows a pod's state and events. */
export const describePod = (pod: PodObject): string =>
  kubectl(pod.namespace, "describe", ...wordsOf(pod));

/** The command that shows the object of a pod. */
export const getPod = (pod: PodObject, ...words: readonly string[]): string =>
  kubectl(pod.namespace, "get", ...wordsOf(pod), ...words);

/** The command that runs another one in a pod. */
export const execIn = (pod: PodObject, ...words: readonly string[]): string =>
  kubectl(pod.namespace, "exec", targetOf(pod), "--", ...words);

/** The command that shows the logs of a pod's containers; of a named one those before it last died. */
export const podLogs = (pod: PodObject, container = ""): string =>
  container === ""
    ? kubectl(pod.namespace, "logs", targetOf(pod), "--all-containers", "--tail", "100")
    : kubectl(pod.namespace, "logs", targetOf(pod), "-c", container, "--previous", "--tail", "100");
