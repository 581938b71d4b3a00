import type { Endpoint, EndpointSliceObject, ObjectMeta } from "../../analyzer/model/objects.js";
import { parseIp } from "../../analyzer/sets/ip.js";
import { podOfTarget, slicePortsOf } from "./endpoint-slice.js";
import type { Field } from "./field.js";
import { given } from "./given.js";

/**
 * Reads core/v1 Endpoints as slices, as the mirroring controller does: one a subset and address family. The first has the
 * name of the Endpoints.
 */
export const endpointsOf = (object: Field, meta: ObjectMeta): readonly EndpointSliceObject[] => {
  const slices = object.itemsAt("subsets").flatMap((subset) => {
    const endpoints = [
      ...endpointsIn(subset.field("addresses"), { namespace: meta.namespace, ready: true }),
      ...endpointsIn(subset.field("notReadyAddresses"), {
        namespace: meta.namespace,
        ready: false,
      }),
    ];
    const ports = slicePortsOf(subset.field("ports"));
    return ([4, 6] as const).flatMap((family) => {
      const ofFamily = endpoints.filter(
        ({ addresses: [address = ""] }) => parseIp(address)?.family === family,
      );
      return ofFamily.length === 0 ? [] : [{ family, endpoints: ofFamily, ports }];
    });
  });
  return slices.map(({ family, endpoints, ports }, index) => ({
    kind: "EndpointSlice",
    ...meta,
    name: index === 0 ? meta.name : `${meta.name}-${index + 1}`,
    service: meta.name,
    addressType: family === 4 ? "IPv4" : "IPv6",
    endpoints,
    ports,
  }));
};

type AddressContext = { readonly namespace: string; readonly ready: boolean };

const endpointsIn = (list: Field, { namespace, ready }: AddressContext): readonly Endpoint[] =>
  list.items().flatMap((entry) => {
    const field = entry.field("ip");
    const ip = field.text();
    if (ip === undefined || parseIp(ip) === undefined) {
      field.error("must be an IP address");
      return [];
    }
    return [
      {
        addresses: [ip],
        ready,
        serving: ready,
        terminating: false,
        ...given("nodeName", entry.textAt("nodeName")),
        ...given("pod", podOfTarget(entry.field("targetRef"), namespace)),
      },
    ];
  });
