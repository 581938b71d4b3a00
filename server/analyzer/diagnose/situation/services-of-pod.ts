import type { ClusterModel } from "../../model/cluster-model.js";
import type { PodObject, ServiceObject, ServicePort } from "../../model/objects.js";
import { podsSelectedBy } from "../../service/service-endpoints.js";
import { targetPortOn } from "../../service/service-legs.js";
import type { JudgedPorts } from "./asked-ports.js";
import { isPodEnd } from "./way.js";

/** The Services that have a pod behind them, by selector or by a slice that is kept by hand; in order of names. */
export const servicesOfPod = (model: ClusterModel, pod: PodObject): readonly ServiceObject[] =>
  [...model.servicesIn(pod.namespace)]
    .filter(
      (service) =>
        podsSelectedBy(model, service).some((each) => isPodEnd({ kind: "pod", pod: each }, pod)) ||
        isListed(model, service, pod),
    )
    .sort((one, other) => (one.name < other.name ? -1 : 1));

const isListed = (model: ClusterModel, service: ServiceObject, pod: PodObject): boolean =>
  model
    .slicesOf(service.namespace, service.name)
    .some(({ endpoints }) =>
      endpoints.some((endpoint) => endpoint.pod === `${pod.namespace}/${pod.name}`),
    );

/**
 * The ports of a Service that stand for judged ports of its pods; where the question names a port that none stands for,
 * one of that number, for people name the Service's port as well.
 */
export const portsLeadingTo = (
  service: ServiceObject,
  pods: readonly PodObject[],
  judged: JudgedPorts,
): readonly ServicePort[] => {
  if (judged.from === "any") return service.ports;
  const leads = (servicePort: ServicePort): boolean =>
    judged.ports.some(
      ({ protocol, port }) =>
        servicePort.protocol === protocol &&
        pods.some((pod) => targetPortOn(servicePort, pod) === port),
    );
  const leading = service.ports.filter(leads);
  if (leading.length > 0) return leading;
  if (judged.from === "declared") return service.ports;
  return service.ports.filter((servicePort) =>
    judged.ports.some(
      ({ protocol, port }) => servicePort.protocol === protocol && servicePort.port === port,
    ),
  );
};
