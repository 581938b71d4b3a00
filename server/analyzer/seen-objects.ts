import type { PolicyWorld } from "./policy-world.js";

type World = Pick<PolicyWorld, "model" | "view">;

// What a model of manifests lacks may be missing in the cluster, or only in what was read: a dump of some kinds, of some
// namespaces, of what a role may see. A model of the cluster has all there is.

/**
 * Whether a Service of the namespace would be in the model if it were in the cluster: the model has others of the
 * namespace, or Services of several namespaces with the one that every cluster has, default/kubernetes.
 */
export const seesServicesOf = ({ model, view }: World, namespace: string): boolean => {
  if (view.source === "cluster" || isAny(model.servicesIn(namespace))) return true;
  if (model.service("default", "kubernetes") === undefined) return false;
  for (const service of model.services) if (service.namespace !== "default") return true;
  return false;
};

/** Whether a pod of the namespace would be in the model if it were in the cluster: the model has others of it. */
export const seesPodsOf = ({ model, view }: World, namespace: string): boolean =>
  view.source === "cluster" || isAny(model.podsIn(namespace));

/** Whether the model has all namespaces: those that every cluster has are among them. */
export const seesNamespaces = ({ model, view }: World): boolean =>
  view.source === "cluster" || model.hasNamespaceObject("kube-system");

/** Whether labels of a namespace are known; every namespace has its name as a label. */
export const seesLabelsOf = ({ model, view }: World, namespace: string): boolean =>
  view.source === "cluster" || model.hasNamespaceObject(namespace);

const isAny = (objects: Iterable<unknown>): boolean => {
  for (const _ of objects) return true;
  return false;
};
