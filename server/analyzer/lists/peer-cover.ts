import { type ClusterModel, namespaceNameLabel } from "../model/cluster-model.js";
import { type LabelSelector, selects } from "../model/label-selector.js";
import { impliesSelector, mayHoldBoth } from "../model/selector-cover.js";
import { type HypotheticalPeer, isLabel } from "./hypothetical-peer.js";

/** Whether a pair of selectors holds every pod that a peer can be. */
export type PeerCover = (scope: HypotheticalPeer, peer: HypotheticalPeer) => boolean;

/** Whether each selector selects everything or is the peer's own: all that np-guard looks at. */
export const coversByName: PeerCover = ({ namespaces, pods }, peer) =>
  (namespaces.key === "" || namespaces.key === peer.namespaces.key) &&
  (pods.key === "" || pods.key === peer.pods.key);

/** What follows from the selectors, and from the labels of a namespace of the model that the peer names. */
export const createPeerCover =
  (model: ClusterModel): PeerCover =>
  ({ namespaces, pods }, peer) =>
    impliesSelector(peer.pods, pods) &&
    (impliesSelector(peer.namespaces, namespaces) ||
      selectsNamed(model, namespaces, peer.namespaces));

const selectsNamed = (model: ClusterModel, scope: LabelSelector, peer: LabelSelector): boolean => {
  const name = peer.requirements.find((one) => one.key === namespaceNameLabel && isLabel(one))
    ?.values[0];
  return (
    name !== undefined &&
    model.hasNamespaceObject(name) &&
    selects(scope, model.namespace(name).labels)
  );
};

/** Whether a pod can be both peers: no requirement of the one rules one of the other out. */
export const mayBeBoth = (one: HypotheticalPeer, other: HypotheticalPeer): boolean =>
  mayHoldBoth(one.namespaces, other.namespaces) && mayHoldBoth(one.pods, other.pods);
