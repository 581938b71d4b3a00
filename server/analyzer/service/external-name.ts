import type { ClusterModel } from "../model/cluster-model.js";
import type { ServiceObject } from "../model/objects.js";
import { resolveDnsName } from "../resolve/dns-name.js";
import { parseIp } from "../sets/ip.js";
import { externalNameHopsMax } from "./limits.js";
import type { ExternalTarget, ServiceIssue, ServiceRoute } from "./service-route.js";

/**
 * What the last of a chain of ExternalName Services stands for: a Service or a pod of the model, or a name outside. `follow`
 * gives the route of a Service that it leads to.
 */
export const externalTargetOf = (
  model: ClusterModel,
  chain: readonly ServiceObject[],
  follow: (service: ServiceObject) => ServiceRoute,
): { readonly target: ExternalTarget; readonly issues: readonly ServiceIssue[] } => {
  const name = (chain.at(-1)?.externalName ?? "").trim();
  const nowhere: ExternalTarget = { name, to: { kind: "nowhere" } };
  // DNS has no CNAME to an address: the answer is a name of digits that nothing resolves.
  if (name === "" || parseIp(name) !== undefined) {
    return { target: nowhere, issues: [{ kind: "external-name-invalid", name }] };
  }
  // A CNAME's target is a full name: no search list makes a Service of a short one.
  const isFull = name.replace(/\.$/, "").split(".").length > 2;
  const found = isFull ? resolveDnsName(model, name) : ({ kind: "outside" } as const);
  switch (found.kind) {
    case "outside":
      return { target: { name, to: { kind: "outside" } }, issues: [] };
    case "missing":
      return { target: nowhere, issues: [{ kind: "external-name-missing", name }] };
    case "pod":
      return { target: { name, to: { kind: "pod", pod: found.pod } }, issues: [] };
    case "service": {
      const again = chain.some(
        (service) =>
          service.namespace === found.service.namespace && service.name === found.service.name,
      );
      if (again || chain.length > externalNameHopsMax) {
        const names = [...chain, found.service].map((each) => `${each.namespace}/${each.name}`);
        return { target: nowhere, issues: [{ kind: "external-name-loop", names }] };
      }
      return {
        target: { name, to: { kind: "service", route: follow(found.service) } },
        issues: [],
      };
    }
  }
};
