import type { DiagnosisAnswer } from "../../answers.js";
import { serviceTitle } from "../../service/service-text.js";
import { type Finding, type Place, places } from "../findings/finding.js";
import type { Situation } from "../situation/situation.js";
import type { Diagnosed } from "./answer-of.js";
import type { EvidenceBook } from "./evidence-book.js";

type Hop = DiagnosisAnswer["path"][number];

/** The way hop by hop: what was looked at where, and how it came out. */
export const pathOf = (diagnosed: Diagnosed, book: EvidenceBook): readonly Hop[] =>
  places
    .filter((place) => isOnPath(diagnosed.situation, place))
    .map((place, index) => hopOf(diagnosed, { place, hop: index + 1 }, book));

const isOnPath = ({ ways, modes, a, b }: Situation, place: Place): boolean => {
  switch (place) {
    case "lookup":
      return modes.includes("name");
    case "service":
      return ways.some(({ route }) => route !== undefined);
    case "source-pod":
      return a.pods.length > 0;
    case "destination-pod":
      return b.pods.length > 0 || ways.some(({ route }) => route !== undefined);
    default:
      return true;
  }
};

const hopOf = (
  { situation, ranking, result }: Diagnosed,
  { place, hop }: { readonly place: Place; readonly hop: number },
  book: EvidenceBook,
): Hop => {
  const found = [...ranking.causes, ...ranking.latent]
    .map(({ finding }) => finding)
    .filter((finding) => finding.place === place && finding.effect !== "risk");
  const seen = result.seen.filter((each) => each.place === place);
  const [first] = found;
  const observation = first?.observations[0] ?? seen[0]?.observation;
  return {
    hop,
    at: titleOf(situation, place),
    check: checks[place],
    result: first === undefined ? (seen.length > 0 ? "ok" : "unknown") : resultOf(first),
    evidence: observation === undefined ? "" : book.idOf(observation),
  };
};

const resultOf = ({ effect, place }: Finding): string => {
  if (effect === "unknown") return "unknown";
  if (effect === "impairs") return "degraded";
  return place === "egress" || place === "ingress" ? "drop" : "broken";
};

const checks: Readonly<Record<Place, string>> = {
  "source-pod": "pod state",
  "source-node": "node state",
  lookup: "name lookup",
  egress: "egress policies",
  service: "Service and endpoints",
  "destination-node": "node state",
  ingress: "ingress policies",
  "destination-pod": "pod state",
};

const titleOf = ({ a, b, ways }: Situation, place: Place): string => {
  switch (place) {
    case "source-pod":
    case "egress":
      return a.name;
    case "source-node":
      return nodeTitle(a.pods.map(({ nodeName }) => nodeName));
    case "lookup":
      return "cluster DNS";
    case "service":
      return servicesText(ways);
    case "destination-node":
      return nodeTitle(b.pods.map(({ nodeName }) => nodeName));
    case "ingress":
    case "destination-pod":
      return b.name;
  }
};

const nodeTitle = (names: readonly (string | undefined)[]): string => {
  const known = [...new Set(names.filter((name) => name !== undefined))].sort();
  return known.length === 0 ? "node" : `node ${known.join(", ")}`;
};

const servicesText = (ways: Situation["ways"]): string => {
  const titles = ways.flatMap(({ route }) =>
    route === undefined ? [] : serviceTitle(route.service),
  );
  return [...new Set(titles)].sort().join(", ");
};
