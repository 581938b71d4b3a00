import { familiesOfEnd } from "../../service/service-families.js";
import { findingOf } from "../findings/fault.js";
import type { Finding } from "../findings/finding.js";
import { kubectl } from "../findings/shell-words.js";
import { endTitle } from "../situation/end-title.js";
import type { Situation } from "../situation/situation.js";
import type { Way } from "../situation/way.js";

/** Ends that have no address family in common; between a client and a Service that is the Service's matter. */
export const familyFindings = (situation: Situation): readonly Finding[] =>
  situation.ways
    .filter(({ mode, leg }) => mode === "podIP" || leg === undefined)
    .flatMap((way): readonly Finding[] => {
      const one = familiesOfEnd(way.source);
      const other = familiesOfEnd(way.destination);
      if (one === undefined || other === undefined) return [];
      return one.some((family) => other.includes(family))
        ? []
        : [familyFinding(situation, way, [one, other])];
    });

const familyFinding = (
  situation: Situation,
  way: Way,
  families: readonly [readonly number[], readonly number[]],
): Finding => {
  const [one, other] = families.map((each) => each.map((family) => `IPv${family}`).join(", "));
  const { source, destination } = way;
  const from = source === undefined ? "" : endTitle(situation, source);
  const to = destination === undefined ? "" : endTitle(situation, destination);
  return findingOf(
    { place: "destination-pod", origin: "path", component: to, hits: (each) => each === way },
    {
      code: "POD_IP_FAMILY_MISMATCH",
      effect: "blocks",
      issue: `${from} has addresses of ${one} and ${to} of ${other} only`,
      solutions: [
        `Give ${from} or ${to} an address of the other's family: run kubectl get pods -A -o wide`,
      ],
      summary: "Give both ends addresses of one family",
      why: "A connection has one family: an end that has no address of it can't be reached.",
      steps: ["kubectl get pods -A -o wide"],
      observations: [
        { kind: "addresses", data: { source: `${from} ${one}`, destination: `${to} ${other}` } },
      ],
      prevention: "Run dual stack on all nodes, or one family on all of them.",
    },
  );
};

/** A workload that has no pods sends and takes no connections. */
export const emptyEndFindings = ({ a, b }: Situation): readonly Finding[] =>
  (
    [
      ["source", a],
      ["destination", b],
    ] as const
  ).flatMap(([origin, { name, resolved, endpoints }]): readonly Finding[] => {
    const { workload } = resolved;
    if (workload === undefined || endpoints.length > 0) return [];
    const show = kubectl(
      workload.namespace,
      "describe",
      workload.kind.toLowerCase(),
      workload.name,
    );
    const summary = `Give ${name} one replica or more, or find out why its pods are not made`;
    return [
      findingOf(
        {
          place: origin === "source" ? "source-pod" : "destination-pod",
          origin,
          component: name,
          hits: () => true,
        },
        {
          code: "POD_NOT_FOUND",
          effect: "blocks",
          issue: `${name} has no pods`,
          solutions: [`${summary}: run ${show}`],
          summary,
          why: "A workload without pods has no address.",
          steps: [show],
          observations: [{ kind: "workload", data: { workload: name, pods: "0" } }],
        },
      ),
    ];
  });
