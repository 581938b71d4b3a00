import type { PolicyEngine } from "../policy/engine.js";
import { isEmptyConnections } from "../sets/connections.js";
import { endpointsOf, isUnit, type ListEnd, type ListRow } from "./list-ends.js";

/** The rows of one source to some destinations, in their order, each pair asked for. */
export function* askRows(
  engine: PolicyEngine,
  source: ListEnd,
  destinations: Iterable<ListEnd>,
): Iterable<ListRow> {
  for (const destination of destinations) {
    if (destination === source || !(isUnit(source) || isUnit(destination))) continue;
    const { allowed, undetermined } = engine.reach(...endpointsOf(source, destination));
    if (isEmptyConnections(allowed) && isEmptyConnections(undetermined)) continue;
    yield { source, destination, allowed, undetermined };
  }
}
