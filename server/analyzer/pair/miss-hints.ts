import { closest } from "../../../common/closest.js";
import type { ClusterModel } from "../model/cluster-model.js";
import { namespaceNameLabel } from "../model/cluster-model.js";
import { everything, type LabelSelector } from "../model/label-selector.js";
import type { PodObject } from "../model/objects.js";
import { nearestLabels } from "../near-labels.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import type { PeerFit, Unmet } from "./peer-fit.js";
import { portsOfEnd } from "./port-fit.js";

/**
 * What was probably meant by a peer that comes near a pod: another spelling of a label, a podSelector beside a
 * namespaceSelector, two items of the list instead of one. "" where nothing suggests itself.
 */
export const peerHint = (
  model: ClusterModel,
  { peer, unmet }: PeerFit,
  end: PolicyEndpoint,
): string => {
  if (unmet.some(({ of }) => of === "address") && end.kind === "pod") {
    return "for pods, a podSelector and a namespaceSelector hold whatever their addresses are";
  }
  if (peer.kind !== "pods" || end.kind !== "pod") {
    return peer.kind === "namespaces" && end.kind === "pod"
      ? spellingHint(peer.selector, everything, unmet, { model, pod: end.pod })
      : "";
  }
  const podSelector = peer.podSelector ?? everything;
  const spelling = spellingHint(peer.namespaceSelector ?? everything, podSelector, unmet, {
    model,
    pod: end.pod,
  });
  if (spelling !== "") return spelling;
  if (peer.namespaceSelector === undefined) return ownNamespaceHint(unmet, end.pod);
  return bothSelectorsHint(peer.namespaceSelector, podSelector, unmet);
};

const spellingHint = (
  namespaces: LabelSelector,
  pods: LabelSelector,
  unmet: readonly Unmet[],
  { model, pod }: { readonly model: ClusterModel; readonly pod: PodObject },
): string => {
  const texts: string[] = [];
  for (const [of, selector, labels] of [
    ["namespace", namespaces, model.namespace(pod.namespace).labels],
    ["pod", pods, pod.labels],
  ] as const) {
    if (!unmet.some((one) => one.of === of)) continue;
    const near = nearestLabels(selector, [labels]);
    if (near?.slip !== true) return "";
    texts.push(near.text);
  }
  return texts.length === 0 ? "" : `did you mean ${texts.join(" and ")}?`;
};

const ownNamespaceHint = (unmet: readonly Unmet[], pod: PodObject): string =>
  unmet.every(({ of }) => of === "namespace")
    ? `a podSelector alone means pods of the policy's own namespace: add a namespaceSelector to the same item, ${namespaceNameLabel}=${pod.namespace}`
    : "";

/** One of two selectors is met: as two items of the list, either would do. */
const bothSelectorsHint = (
  namespaces: LabelSelector,
  pods: LabelSelector,
  unmet: readonly Unmet[],
): string => {
  if (namespaces.key === "" || pods.key === "") return "";
  const inNamespace = unmet.some(({ of }) => of === "namespace");
  const inPod = unmet.some(({ of }) => of === "pod");
  if (inNamespace === inPod) return "";
  return "one item with both selectors means AND; for OR, give each selector an item (a dash) of its own";
};

/** What was probably meant by a port name that the destination does not have. */
export const portNameHint = (names: readonly string[], destination: PolicyEndpoint): string => {
  const known = portsOfEnd(destination).filter(({ name }) => name !== undefined);
  for (const name of names) {
    const near = closest(
      name,
      known.map((port) => port.name ?? ""),
    );
    if (near !== undefined) return `did you mean ${near}?`;
  }
  if (destination.kind !== "pod") return "only pods have named ports";
  if (known.length === 0) return "the pod gives its ports no names: use numbers";
  const list = known.map(({ name, port, protocol }) => `${name} (${protocol} ${port})`).join(", ");
  return `the pod's ports are called ${list}`;
};
