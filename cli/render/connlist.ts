import type { ConnectionRowView } from "../../server/analyzer/answers.js";
import { printableLine } from "./printable.js";

/**
 * The lines of np-guard's list: "src => dst : conns". Rows come in its order; those that permit nothing for certain are left
 * out.
 */
export function* connlistLines(rows: Iterable<ConnectionRowView>): Iterable<string> {
  for (const { source, destination, connections } of rows) {
    if (connections === "" || connections === "No Connections") continue;
    yield `${printableLine(`${source} => ${destination} : ${connections}`)}\n`;
  }
}
