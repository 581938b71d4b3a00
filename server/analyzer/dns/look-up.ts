import type { ClusterModel } from "../model/cluster-model.js";
import type { PodObject, ServiceObject } from "../model/objects.js";
import { resolveDnsName } from "../resolve/dns-name.js";
import { clusterDomainsOf } from "./cluster-domain.js";
import { clusterSearches, podDomainOf } from "./resolver.js";

/** What the cluster's DNS answers when a pod looks a name up. */
export type LookUp =
  | { readonly kind: "service"; readonly name: string; readonly service: ServiceObject }
  | { readonly kind: "pod"; readonly name: string; readonly pod: PodObject }
  /** A name of the cluster's zone, or one that can be nothing else, that nothing answers to. */
  | {
      readonly kind: "missing";
      readonly name: string;
      /**
       * no-service: the namespace is there, the Service is not. no-pod-record: the Service or the zone of pods is there,
       * the pod's record is not. no-name: nothing of the name is there.
       */
      readonly why: "no-service" | "no-pod-record" | "no-name";
      readonly namespace: string;
      /** The Service that the name goes by; "" where it has the place of none. */
      readonly service: string;
      /** Services of other namespaces that are called so, in order. */
      readonly elsewhere: readonly ServiceObject[];
    }
  | { readonly kind: "outside" };

type Missing = Extract<LookUp, { readonly kind: "missing" }>;

/** The number of dots from which on a pod of the cluster's DNS asks a name as it stands first. */
const clusterNdots = 5;

/** What a name means to a pod of a namespace that uses the cluster's DNS with the usual search list. */
export const lookUp = (model: ClusterModel, namespace: string, text: string): LookUp => {
  const name = text.toLowerCase();
  const missing: Missing[] = [];
  for (const candidate of candidatesOf(model, namespace, name)) {
    const found = answerOf(model, candidate);
    if (found.kind === "service" || found.kind === "pod") return found;
    if (found.kind === "missing") missing.push(found);
  }
  return meantBy(model, { namespace, name: name.replace(/\.$/, ""), missing });
};

/** Full names in the order in which they are asked. */
const candidatesOf = (model: ClusterModel, namespace: string, name: string): readonly string[] => {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const searched = clusterSearches(namespace, podDomainOf(model)).map((each) => `${name}.${each}`);
  const dots = name.split(".").length - 1;
  return dots >= clusterNdots ? [name, ...searched] : [...searched, name];
};

/** What the cluster's DNS answers to a full name. */
const answerOf = (model: ClusterModel, name: string): LookUp => {
  const domain = domainOf(model, name);
  if (domain === undefined) return { kind: "outside" };
  const found = resolveDnsName(model, name);
  if (found.kind === "service") return { kind: "service", name, service: found.service };
  if (found.kind === "pod") return { kind: "pod", name, pod: found.pod };
  const labels = name.slice(0, -domain.length - 1).split(".");
  return missingIn(model, name, labels);
};

const domainOf = (model: ClusterModel, name: string): string | undefined =>
  clusterDomainsOf(model).find((domain) => name.endsWith(`.${domain}`));

const missingIn = (model: ClusterModel, name: string, labels: readonly string[]): LookUp => {
  const zone = labels.at(-1);
  const namespace = labels.at(-2) ?? "";
  const service = labels.at(-3) ?? "";
  const base = { kind: "missing", name, namespace, service } as const;
  if (labels.length < 3 || (zone !== "svc" && zone !== "pod")) {
    return { ...base, why: "no-name", elsewhere: [] };
  }
  const isRecord = zone === "pod" || model.service(namespace, service) !== undefined;
  if (isRecord) return { ...base, why: "no-pod-record", elsewhere: [] };
  return {
    ...base,
    why: model.namespaceNames().has(namespace) ? "no-service" : "no-name",
    elsewhere: servicesCalled(model, service, namespace),
  };
};

const servicesCalled = (
  model: ClusterModel,
  name: string,
  except: string,
): readonly ServiceObject[] =>
  [...model.services]
    .filter((service) => service.name === name && service.namespace !== except)
    .sort((one, other) => (one.namespace < other.namespace ? -1 : 1));

/**
 * What a name that nothing answers to was meant to be: one without a dot or with the zone's words is the cluster's; of
 * "name.ns" the namespace decides, of "host.service" and "host.service.ns" the Service; any other is a name outside.
 */
const meantBy = (
  model: ClusterModel,
  {
    namespace,
    name,
    missing,
  }: { readonly namespace: string; readonly name: string; readonly missing: readonly Missing[] },
): LookUp => {
  const labels = name.split(".");
  const own = missing.find((each) => each.name === name);
  if (own !== undefined) return own;
  const [first = "", second = ""] = labels;
  if (labels.length === 1) {
    const elsewhere = servicesCalled(model, first, namespace);
    return { kind: "missing", name, why: "no-service", namespace, service: first, elsewhere };
  }
  const zone = labels.at(-1);
  const isZoned = labels.length >= 3 && (zone === "svc" || zone === "pod");
  if (isZoned) {
    const full = missing.find((each) =>
      clusterDomainsOf(model).some((domain) => each.name === `${name}.${domain}`),
    );
    return full ?? { kind: "missing", name, why: "no-name", namespace, service: "", elsewhere: [] };
  }
  if (labels.length === 2 && model.namespaceNames().has(second)) {
    const elsewhere = servicesCalled(model, first, second);
    const base = { kind: "missing", name, why: "no-service", namespace: second } as const;
    return { ...base, service: first, elsewhere };
  }
  return recordOf(missing, labels) ?? { kind: "outside" };
};

/** The record that a pod of a Service which is there would have by "host.service" or "host.service.ns". */
const recordOf = (missing: readonly Missing[], labels: readonly string[]): Missing | undefined =>
  labels.length > 3
    ? undefined
    : missing.find(
        ({ why, service, name }) =>
          why === "no-pod-record" && service === labels[1] && name.split(".")[3] === "svc",
      );
