import type { PodObject } from "../../model/objects.js";
import { listed } from "../findings/listed.js";
import { podName } from "../pods/pod-subject.js";
import type { Situation } from "../situation/situation.js";
import { boundGaps, modelGaps } from "./bound-gaps.js";
import { gapCosts } from "./confidence-table.js";
import { type Gap, gap } from "./gap.js";
import { unseenGaps } from "./unseen-gaps.js";

/** What a diagnosis by objects did not look at, and what the model lacks for this question. */
export const gapsOf = (situation: Situation): readonly Gap[] => [
  ...fixedGaps,
  ...podGaps(situation),
  ...nodeGaps(situation),
  ...pluginGaps(situation),
  ...sliceGaps(situation),
  ...unseenGaps(situation),
  ...modelGaps(situation),
  ...boundGaps(situation),
];

const fixedGaps: readonly Gap[] = [
  gap(
    "live probes",
    "this diagnosis reads objects and sends no packet",
    "a fault that no object shows is not seen: connected is at most 0.70",
  ),
  gap(
    "node inspection",
    "routes, firewalls, listening sockets and the network plugin's own state are not in objects",
    "a cause on a node or in the application is not named",
  ),
  gap(
    "the way back",
    "policies let replies of allowed connections pass; whether reply packets arrive can't be seen in objects",
    "a fault of the way back alone is not seen",
  ),
];

const podGaps = (situation: Situation): readonly Gap[] => {
  const pods = podsOf(situation);
  const silent = pods.filter(({ phase }) => phase === "");
  const unready = pods.filter((pod) => pod.phase === "Running" && !isSeenReady(pod));
  return [
    ...(silent.length === 0
      ? []
      : [
          gap(
            `the status of ${namesOf(silent)}`,
            "manifests say what is wanted, not what runs",
            "pods are taken to run and to be ready",
            { cost: gapCosts.podStatus },
          ),
        ]),
    ...(unready.length === 0
      ? []
      : [
          gap(
            `readiness of ${namesOf(unready)}`,
            "the Ready condition is not True",
            "whether the pod answers is less certain",
            { cost: gapCosts.podReadiness, isFault: true },
          ),
        ]),
  ];
};

const isSeenReady = ({ conditions }: PodObject): boolean =>
  conditions.some(({ type, status }) => type === "Ready" && status === "True");

/** The pods of both ends, and those behind the Services between them. */
const podsOf = ({ a, b, ways }: Situation): readonly PodObject[] => [
  ...a.pods,
  ...b.pods,
  ...ways.flatMap(({ destination }) => (destination?.kind === "pod" ? [destination.pod] : [])),
];

const namesOf = (pods: readonly PodObject[]): string =>
  listed([...new Set(pods.map(podName))].sort());

const nodeGaps = (situation: Situation): readonly Gap[] => {
  const { world } = situation;
  const wanted = podsOf(situation).map(({ nodeName }) => nodeName);
  const known = wanted.filter((name) => name !== undefined && world.model.node(name) !== undefined);
  return wanted.length === known.length
    ? []
    : [
        gap(
          "the state of nodes",
          "the model lacks nodes of the pods, or the pods name none",
          "nodes are taken to be ready",
          { cost: gapCosts.nodes },
        ),
      ];
};

const pluginGaps = ({ plugin }: Situation): readonly Gap[] => {
  if (plugin.name === "") {
    return [
      gap(
        "the network plugin",
        "nothing in the model shows which one is there",
        "whether policies are enforced is not known: denied is at most 0.50",
        { cost: gapCosts.plugin },
      ),
    ];
  }
  return plugin.enforcesPolicy === undefined
    ? [
        gap(
          `whether ${plugin.name} enforces policies`,
          "that depends on its settings, which objects don't show",
          "denied is at most 0.50",
        ),
      ]
    : [];
};

const sliceGaps = ({ ways }: Situation): readonly Gap[] => [
  ...(ways.some(({ route }) => route?.issues.some(({ kind }) => kind === "local-node-unknown"))
    ? [
        gap(
          "which endpoints a traffic policy Local leaves",
          "the node of the source or of endpoints is not known",
          "all of them are judged",
          { cost: gapCosts.nodes, modes: ["serviceIP", "name"] },
        ),
      ]
    : []),
  ...(ways.some(({ route }) => route?.endpoints.from === "selector")
    ? [
        gap(
          "EndpointSlices",
          "the model has none of the Service: endpoints were derived from its selector",
          "endpoints that the cluster really has may differ",
          { cost: gapCosts.slices, modes: ["serviceIP", "name"] },
        ),
      ]
    : []),
];
