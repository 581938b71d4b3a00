import type { ServiceObject } from "../../model/objects.js";
import { serviceTitle } from "../../service/service-text.js";
import { type Fault, findingOf } from "../findings/fault.js";
import type { Finding, Observation } from "../findings/finding.js";
import type { Way } from "../situation/way.js";

/** What a finding on a Service says beyond which one it is. */
export type ServiceFault = Omit<Fault, "solutions" | "summary" | "observations"> & {
  /** What to do, in one sentence without a full stop. */
  readonly solution: string;
  /** What was seen of the Service. */
  readonly data: Observation["data"];
  readonly hits: (way: Way) => boolean;
};

/** A finding on a Service. */
export const serviceFinding = (service: ServiceObject, fault: ServiceFault): Finding =>
  findingOf(
    { place: "service", origin: "path", component: serviceTitle(service), hits: fault.hits },
    {
      ...fault,
      summary: fault.solution,
      solutions: [`${fault.solution}: run ${fault.steps[0] ?? ""}`],
      observations: [
        {
          kind: "service",
          data: { service: `${service.namespace}/${service.name}`, ...fault.data },
        },
      ],
    },
  );
