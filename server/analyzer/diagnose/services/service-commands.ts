import type { ServiceObject } from "../../model/objects.js";
import { kubectl } from "../findings/shell-words.js";

/** The command that shows a Service with its selector, ports and endpoints. */
export const describeService = ({ namespace, name }: ServiceObject): string =>
  kubectl(namespace, "describe", "service", name);

/** The command that lists a Service's EndpointSlices. */
export const listSlices = ({ namespace, name }: ServiceObject): string =>
  kubectl(
    namespace,
    "get",
    "endpointslices",
    "-l",
    `kubernetes.io/service-name=${name}`,
    "-o",
    "wide",
  );

/** The command that lists the pods that a Service's selector selects, with their labels. */
export const listSelected = ({ namespace, selector = {} }: ServiceObject): string => {
  const text = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");
  return kubectl(namespace, "get", "pods", "-l", text, "-o", "wide", "--show-labels");
};

/** The command that merges a patch into a Service. */
export const patchService = ({ namespace, name }: ServiceObject, patch: unknown): string =>
  kubectl(namespace, "patch", "service", name, "--type", "merge", "-p", JSON.stringify(patch));

/** The command that applies a JSON patch to a Service. */
export const jsonPatchService = ({ namespace, name }: ServiceObject, patch: unknown): string =>
  kubectl(namespace, "patch", "service", name, "--type", "json", "-p", JSON.stringify(patch));
