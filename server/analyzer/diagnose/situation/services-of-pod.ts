import type { ClusterModel } from "../../model/cluster-model.js";
import type { PodObject, ServiceObject, ServicePort } from "../../model/objects.js";
import { podsSelectedBy } from "../../service/service-endpoints.js";
import { targetPortOn } from "../../service/service-legs.js";
import type { JudgedPorts } from "./asked-ports.js";
import { selectorGuessOf } from "./selector-guess.js";

/**
 * The Services that lead to a pod: those that have it behind them, by selector or by a slice that is kept by hand; where
 * there are none, those that select nothing and probably mean it. In order of names.
 */
export const servicesToward = (model: ClusterModel, pod: PodObject): readonly ServiceObject[] => {
  const services = [...model.servicesIn(pod.namespace)].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
  const behind = services.filter(
    (service) => isSelected(model, service, pod) || isListed(model, service, pod),
  );
  return behind.length > 0
    ? behind
    : services.filter((service) => selectorGuessOf(model, service, [pod]) !== undefined);
};

const isSelected = (model: ClusterModel, service: ServiceObject, pod: PodObject): boolean =>
  podsSelectedBy(model, service).some(({ name }) => name === pod.name);

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
