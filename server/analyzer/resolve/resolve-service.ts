import type { ClusterModel } from "../model/cluster-model.js";
import type { ServiceObject } from "../model/objects.js";
import { notFound } from "./name-errors.js";
import { blankView, type ResolvedName } from "./resolved-name.js";

/** A Service as what a name stands for. */
export const resolvedService = (
  service: ServiceObject,
  { byName, warnings = [] }: { readonly byName: boolean; readonly warnings?: readonly string[] },
): ResolvedName => ({
  view: {
    ...blankView,
    name: `svc/${service.namespace}/${service.name}`,
    kind: "service",
    namespace: service.namespace,
    ips: service.clusterIps.filter((ip) => ip !== "None"),
  },
  kind: "service",
  endpoints: [],
  service,
  byName,
  reason: "",
  warnings,
});

/** A Service by name. */
export const resolveService = (
  model: ClusterModel,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): ResolvedName => {
  const service = model.service(namespace, name);
  if (service === undefined) {
    throw notFound(model, `no Service ${namespace}/${name}`, { kind: "service", namespace, name });
  }
  return resolvedService(service, { byName: true });
};
