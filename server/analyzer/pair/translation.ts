import type { NodeObject } from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import type { ServiceLeg, ServiceWay } from "../service/service-route.js";
import { serviceTitle } from "../service/service-text.js";
import {
  allConnections,
  type ConnectionSet,
  containsConnection,
  noConnections,
} from "../sets/connections.js";
import { parseIp } from "../sets/ip.js";
import { natNodesMax } from "./limits.js";
import { type Opinion, opinionOf, type Translation } from "./opinion.js";
import type { Way } from "./ways.js";

/** What of a way a translation depends on. */
type TranslatedWay = Pick<Way, "ends" | "through">;

/**
 * How ingress may be judged where a node's address may stand in for the client's: traffic to an outside address of a Service
 * is translated unless externalTrafficPolicy is Local. Undefined where it is not so.
 */
export const translatedIngress = (
  { engine, model }: PolicyWorld,
  { ends, through }: TranslatedWay,
): Translation | undefined => {
  if (through?.route.sourceNat !== true) return undefined;
  const { service, way } = through.route;
  const opinions = nodesOn(way, [...model.nodes]).map((node) =>
    opinionOf(engine.reach({ kind: "node", node }, ends[1])),
  );
  return {
    opinions,
    doubt: {
      reason: "unknown-address",
      text: `${serviceTitle(service)} has externalTrafficPolicy Cluster: a node's address may stand in for the client's, and the ingress policies of the endpoint take the two differently`,
    },
  };
};

const nodesOn = (way: ServiceWay, nodes: readonly NodeObject[]): readonly NodeObject[] => {
  if (way.kind === "node-port" && way.node !== undefined) return [way.node];
  return nodes.length === 0 ? [someNode] : nodes.slice(0, natNodesMax);
};

/** A node of which nothing is known. */
const someNode: NodeObject = {
  kind: "Node",
  namespace: "",
  name: "",
  labels: {},
  annotations: {},
  ips: [],
  podCidrs: [],
  unschedulable: false,
  taints: [],
  conditions: [],
};

/**
 * How egress may be judged where a pod uses an outside address of a Service: whether the policy sees that address or the
 * endpoint behind it is not defined (Kubernetes documentation, "ipBlock"). Undefined where it is not so.
 */
export const translatedEgress = (
  { engine }: PolicyWorld,
  { ends, through }: TranslatedWay,
): Translation | undefined => {
  const outer = through === undefined ? undefined : outerEnd(through.route.way);
  if (through === undefined || outer === undefined || ends[0].kind !== "pod") return undefined;
  const { egress } = engine.decide(ends[0], outer.end);
  const { certain, possible } = opinionOf(egress);
  return {
    opinions: [
      {
        certain: wholeOrNothing(certain, through.leg, outer.byNode),
        possible: wholeOrNothing(possible, through.leg, outer.byNode),
      },
    ],
    doubt: {
      reason: "undefined-by-api",
      text: `the API does not define whether egress policies see the address ${outer.text} or the endpoint behind it, and they take the two differently`,
    },
  };
};

const outerEnd = (
  way: ServiceWay,
):
  | { readonly end: PolicyEndpoint; readonly text: string; readonly byNode: boolean }
  | undefined => {
  if (way.kind === "cluster-ip") return undefined;
  if (way.kind === "node-port") {
    const { node } = way;
    return node === undefined
      ? undefined
      : { end: { kind: "node", node }, text: `of node ${node.name}`, byNode: true };
  }
  const ip = parseIp(way.address);
  if (ip === undefined) return undefined;
  const range = { family: ip.family, first: ip.value, last: ip.value };
  return { end: { kind: "addresses", range }, text: way.address, byNode: false };
};

/** Whether the port as it was dialled is in the set: then everything behind it is. */
const wholeOrNothing = (
  set: Opinion["certain"],
  { servicePort, protocol }: ServiceLeg,
  byNode: boolean,
): ConnectionSet => {
  const port = byNode ? servicePort?.nodePort : servicePort?.port;
  if (protocol === undefined || port === undefined) return allConnections;
  return containsConnection(set, protocol, port) ? allConnections : noConnections;
};
