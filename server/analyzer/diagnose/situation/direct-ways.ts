import type { PolicyEndpoint } from "../../policy/decision.js";
import type { JudgedPorts } from "./asked-ports.js";
import type { End } from "./end.js";
import type { Way } from "./way.js";

/** The connections from A to B's own address, one for each judged port; to nobody where a workload has no pods. */
export const directWays = (a: End, b: End, { ports }: JudgedPorts): readonly Way[] => {
  const mode = b.resolved.kind === "dns" ? "name" : "podIP";
  const named = b.resolved.byName && b.resolved.kind === "pod";
  return orNobody(a).flatMap((source) =>
    orNobody(b).flatMap((destination) =>
      ports.flatMap((port): readonly Way[] => {
        const way: Way = { mode, source, destination, ...port };
        return named ? [way, { ...way, mode: "name" }] : [way];
      }),
    ),
  );
};

const orNobody = ({ endpoints }: End): readonly (PolicyEndpoint | undefined)[] =>
  endpoints.length > 0 ? endpoints : [undefined];
