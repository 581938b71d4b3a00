import { instance } from "@viz-js/viz";
import type { GraphView } from "../../server/analyzer/answers.js";
import { CliError, exitCodes } from "../exit.js";
import { svgEdgesMax } from "../limits.js";
import { dotLines } from "./dot.js";

/** A graph as SVG. Throws a CliError for a graph that is too large to be drawn. */
export const svgText = async (graph: GraphView): Promise<string> => {
  if (graph.edges.length > svgEdgesMax) {
    throw new CliError(
      exitCodes.undetermined,
      `the graph has ${graph.edges.length} edges, more than the ${svgEdgesMax} that can be drawn; take a part of it (policy list --namespace NAME -o svg) or -o dot`,
    );
  }
  const viz = await instance();
  return viz.renderString([...dotLines(graph)].join(""), { format: "svg" });
};
