import { assertNever } from "../../../../common/assert.js";
import type { DiagnosisAnswer } from "../../answers.js";
import type { PodObject } from "../../model/objects.js";
import type { ServiceRoute } from "../../service/service-route.js";
import { parseIp } from "../../sets/ip.js";
import { execIn } from "../pods/pod-commands.js";
import type { Situation } from "../situation/situation.js";
import type { Way } from "../situation/way.js";
import type { Gap } from "../verdict/gap.js";
import type { Status } from "../verdict/mode-verdict.js";
import { diagnoseCommand } from "./diagnose-command.js";

type NextAction = DiagnosisAnswer["nextActions"][number];

/** The objects that a diagnosis reads, as kubectl dumps them. */
const dump =
  "kubectl get namespaces,pods,services,endpointslices,nodes,networkpolicies,daemonsets,configmaps,events -A -o yaml > cluster.yaml";

/** What would tell more than the objects that were read, the most telling first. */
export const nextActionsOf = (
  situation: Situation,
  { status, gaps }: { readonly status: Status; readonly gaps: readonly Gap[] },
): readonly NextAction[] => [
  ...tryAction(situation),
  ...lookUpAction(situation),
  ...dumpAction(gaps),
  ...(status === "connected" ? backAction(situation) : []),
];

/** Trying the connection from the source itself. */
const tryAction = ({ ways, primary }: Situation): readonly NextAction[] => {
  const way = ways.find((each) => each.mode === primary) ?? ways[0];
  const target = way === undefined ? undefined : targetOf(way);
  if (way === undefined || target === undefined || way.source?.kind !== "pod") return [];
  if (way.protocol !== "TCP" || !canRun(way.source.pod)) return [];
  return [
    {
      action: execIn(way.source.pod, "nc", "-zvw4", target.address, String(target.port)),
      why: "open: it works from there; refused: nobody listens, or something rejects; a timeout: packets are dropped on the way",
    },
  ];
};

/** Whether a command can be run in a pod; one of a manifest may run. */
const canRun = ({ phase }: PodObject): boolean => phase === "" || phase === "Running";

const targetOf = (way: Way): { readonly address: string; readonly port: number } | undefined => {
  const { route, leg } = way;
  const address = route === undefined ? directAddress(way) : addressOf(route);
  const servicePort = leg?.servicePort ?? route?.ports[0];
  const byNode = route?.way.kind === "node-port";
  const port = (byNode ? servicePort?.nodePort : servicePort?.port) ?? way.port;
  if (address === undefined || address === "" || address === "None" || port === 0) return undefined;
  return { address, port };
};

/** The address by which a Service was asked for. */
const addressOf = ({ way, service }: ServiceRoute): string | undefined => {
  switch (way.kind) {
    case "cluster-ip":
      return way.family === undefined
        ? service.clusterIps[0]
        : service.clusterIps.find((ip) => parseIp(ip)?.family === way.family);
    case "node-port":
      return way.node?.ips[0];
    case "external-ip":
    case "load-balancer":
      return way.address;
    default:
      return assertNever(way);
  }
};

const directAddress = ({ destination }: Way): string | undefined => {
  if (destination?.kind === "pod") return destination.pod.ips[0];
  return destination?.kind === "node" ? destination.node.ips[0] : undefined;
};

/** Looking the name up from the source itself. */
const lookUpAction = ({ ways, modes, named }: Situation): readonly NextAction[] => {
  const way = ways.find(({ mode }) => mode === "name");
  if (!modes.includes("name") || way?.source?.kind !== "pod") return [];
  const service = way.route?.service;
  const name = named?.name ?? (service === undefined ? "" : `${service.name}.${service.namespace}`);
  if (name === "") return [];
  const { pod } = way.source;
  if (!canRun(pod)) return [];
  return [
    {
      action: execIn(pod, "nslookup", name),
      why: "whether the name resolves there, and to what",
    },
  ];
};

/** Reading what the model lacks. */
const dumpAction = (gaps: readonly Gap[]): readonly NextAction[] => {
  const lacking = gaps.filter(({ cost, weakensFindings }) => cost > 0 && !weakensFindings);
  if (lacking.length === 0) return [];
  return [
    {
      action: dump,
      why: `the model lacks ${lacking.map(({ what }) => what).join(", ")}: ask again of this file`,
    },
  ];
};

const backAction = ({ world, a, b, question }: Situation): readonly NextAction[] =>
  a.pods.length === 0 || b.pods.length === 0 || a.name === b.name
    ? []
    : [
        {
          action: diagnoseCommand(world, { podA: question.podB, podB: question.podA }),
          why: "connections that B opens to A are another question",
        },
      ];
