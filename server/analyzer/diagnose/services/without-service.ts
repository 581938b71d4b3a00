import { seesServicesOf } from "../../seen-objects.js";
import { type CheckResult, nothing, remedyOf } from "../findings/finding.js";
import { kubectl } from "../findings/shell-words.js";
import { podName } from "../pods/pod-subject.js";
import { servicesToward } from "../situation/services-of-pod.js";
import type { Situation } from "../situation/situation.js";

/** That no Service leads to the pod: for information, its own address needs none. */
export const withoutService = ({ world, b }: Situation): CheckResult => {
  const [pod] = b.pods;
  if (pod === undefined || b.resolved.kind === "service") return nothing;
  if (!seesServicesOf(world, pod.namespace)) return nothing;
  if (servicesToward(world.model, pod).length > 0) return nothing;
  const name = podName(pod);
  const summary = `Create a service to expose Pod ${name}`;
  return {
    ...nothing,
    findings: [
      {
        code: "POD_WITHOUT_SERVICE",
        place: "service",
        effect: "risk",
        origin: "destination",
        component: `Pod ${name}`,
        hits: () => false,
        proof: "direct",
        issue: `No service found targeting Pod ${name}`,
        solutions: [summary],
        observations: [{ kind: "services", data: { pod: name, services: "0" } }],
        remedy: remedyOf({
          summary,
          why: "A pod is reached by its address without a Service; a Service gives it a name and an address that stay.",
          steps: [kubectl(pod.namespace, "get", "services", "-o", "wide")],
        }),
      },
    ],
  };
};
