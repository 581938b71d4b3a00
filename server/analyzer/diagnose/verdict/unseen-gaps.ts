import { clusterDnsOf } from "../../dns/cluster-dns.js";
import { namespaceNameLabel } from "../../model/cluster-model.js";
import type { LabelSelector } from "../../model/label-selector.js";
import type { PolicyWorld } from "../../policy-world.js";
import { seesLabelsOf, seesNamespaces, seesPodsOf, seesServicesOf } from "../../seen-objects.js";
import type { Situation } from "../situation/situation.js";
import { gapCosts } from "./confidence-table.js";
import { type Gap, gap } from "./gap.js";

/** Kinds and namespaces that may be in the cluster and were not read. */
export const unseenGaps = (situation: Situation): readonly Gap[] => [
  ...policyGaps(situation),
  ...labelGaps(situation),
  ...serviceGaps(situation),
  ...dnsGaps(situation),
  ...nameGaps(situation),
];

const policyGaps = ({ world }: Situation): readonly Gap[] =>
  world.view.source === "cluster" || world.view.policies > 0
    ? []
    : [
        gap(
          "policies",
          "the model has none: the cluster has none, or they were not read",
          "nothing is taken to be denied",
        ),
      ];

/** Namespaces of both ends whose labels are not known, where policies go by labels of namespaces. */
const labelGaps = ({ world, a, b }: Situation): readonly Gap[] => {
  const names = [...new Set([...a.pods, ...b.pods].map(({ namespace }) => namespace))]
    .filter((name) => !seesLabelsOf(world, name))
    .sort();
  return names.length === 0 || !goesByLabels(world)
    ? []
    : [
        gap(
          `labels of namespace ${names.join(", ")}`,
          "the model has no Namespace of the name",
          "policies that go by labels of namespaces may select it or not",
          { cost: gapCosts.labels },
        ),
      ];
};

const goesByLabels = ({ model }: PolicyWorld): boolean => {
  for (const { ingress, egress } of model.networkPolicies) {
    const peers = [...ingress, ...egress].flatMap((rule) => rule.peers ?? []);
    if (peers.some((peer) => peer.kind === "pods" && isByLabel(peer.namespaceSelector)))
      return true;
  }
  // Ordered policies choose their subjects by labels of namespaces.
  for (const _ of model.tieredPolicies) return true;
  return false;
};

const isByLabel = (selector: LabelSelector | undefined): boolean =>
  selector?.requirements.some(({ key }) => key !== namespaceNameLabel) === true;

const serviceGaps = ({ world, b }: Situation): readonly Gap[] => {
  const [pod] = b.pods;
  return pod === undefined || seesServicesOf(world, pod.namespace)
    ? []
    : [
        gap(
          `Services of namespace ${pod.namespace}`,
          "the model has none of them",
          "ways through a Service are not judged",
        ),
      ];
};

const dnsGaps = ({ world, modes }: Situation): readonly Gap[] => {
  if (!modes.includes("name")) return [];
  const { service, isSystemKnown } = clusterDnsOf(world);
  const isSeen = service === undefined ? isSystemKnown : seesPodsOf(world, service.namespace);
  return isSeen
    ? []
    : [
        gap(
          "the cluster's DNS",
          service === undefined
            ? "the model has neither its Service nor its pods"
            : "the model has none of its pods",
          "names are taken to resolve",
          { cost: gapCosts.dns, modes: ["name"] },
        ),
      ];
};

/** A name of two labels means a Service where the second is a namespace. */
const nameGaps = ({ world, named }: Situation): readonly Gap[] => {
  const second = /^[^.]+\.([^.]+)$/.exec(named?.name ?? "")?.[1];
  return named?.answer.kind !== "outside" || second === undefined || seesNamespaces(world)
    ? []
    : [
        gap(
          `whether ${second} is a namespace`,
          "the model may not have all namespaces",
          `${named.name} is taken for a name outside the cluster`,
          { cost: gapCosts.dns, modes: ["name"] },
        ),
      ];
};
