import type { PolicyEndpoint } from "../../server/analyzer/policy/decision.js";
import type { ProfileName } from "../../server/analyzer/policy/profile.js";
import type { PolicyWorld } from "../../server/analyzer/policy-world.js";
import {
  type ConnectionSet,
  connectionsText,
  isEmptyConnections,
  sameConnections,
} from "../../server/analyzer/sets/connections.js";
import { parseCidr, parseIp } from "../../server/analyzer/sets/ip.js";
import { documents, namespaceText, podText } from "./lint-manifests.js";
import { manifestWorld } from "./manifest-world.js";

// Manifests whose policies are asked in a few words, for tests of what the documentation says.

/** What a question about one pair of ends can be about. */
type Answer = { readonly allowed: ConnectionSet; readonly undetermined: ConnectionSet };

/** A cluster that is asked about pairs: "p/a" is a pod, "node/n1" a node, "192.0.2.1" and "fd00::/8" are addresses. */
export type PolicyCluster = {
  readonly world: PolicyWorld;
  /** What may connect: "TCP 80", "All Connections"; after a "?" what can't be told: "No Connections ? TCP 80". */
  readonly between: (source: string, destination: string) => string;
  /** The same for a pod's way through a Service. */
  readonly viaService: (source: string, destination: string) => string;
  /** Why something can't be told: "egress domain-name", in order, without repeats. */
  readonly doubts: (source: string, destination: string) => readonly string[];
  /** The pods that may connect to an end in any way, and those that an end may connect to. */
  readonly sourcesOf: (destination: string) => readonly string[];
  readonly destinationsOf: (source: string) => readonly string[];
};

/** The cluster of these manifests. Every question is asked of both ways to an answer, which must agree. */
export const policyCluster = (
  manifests: readonly string[],
  profile: ProfileName = "upstream",
): PolicyCluster => {
  const world = manifestWorld(documents(...manifests), { profile });
  const { engine, model } = world;
  const pods = [...model.pods].map(({ namespace, name }) => `${namespace}/${name}`).sort();
  const end = (name: string): PolicyEndpoint => endpointOf(world, name);
  const between = (source: string, destination: string): string => {
    const decided = engine.decide(end(source), end(destination));
    const reached = engine.reach(end(source), end(destination));
    if (!isSame(decided, reached)) {
      throw new Error(`decide says ${textOf(decided)}, reach says ${textOf(reached)}`);
    }
    return textOf(decided);
  };
  const others = (name: string): readonly string[] => pods.filter((pod) => pod !== name);
  return {
    world,
    between,
    viaService: (source, destination) =>
      textOf(engine.decide(end(source), end(destination), { viaService: true })),
    doubts: (source, destination) => {
      const { egress, ingress } = engine.decide(end(source), end(destination));
      const reasons = [egress, ingress].flatMap(({ direction, doubts }) =>
        doubts.map(({ reason }) => `${direction} ${reason}`),
      );
      return [...new Set(reasons)];
    },
    sourcesOf: (to) => others(to).filter((from) => between(from, to) !== "No Connections"),
    destinationsOf: (from) => others(from).filter((to) => between(from, to) !== "No Connections"),
  };
};

const isSame = (one: Answer, other: Answer): boolean =>
  sameConnections(one.allowed, other.allowed) &&
  sameConnections(one.undetermined, other.undetermined);

const textOf = ({ allowed, undetermined }: Answer): string => {
  const text = connectionsText(allowed);
  return isEmptyConnections(undetermined) ? text : `${text} ? ${connectionsText(undetermined)}`;
};

const endpointOf = ({ model }: PolicyWorld, name: string): PolicyEndpoint => {
  const address = parseIp(name);
  if (address !== undefined) {
    const { family, value } = address;
    return { kind: "addresses", range: { family, first: value, last: value } };
  }
  const range = parseCidr(name);
  if (range !== undefined) return { kind: "addresses", range };
  const [namespace = "", own = ""] = name.split("/");
  const node = namespace === "node" ? model.node(own) : undefined;
  if (node !== undefined) return { kind: "node", node };
  const pod = model.pod(namespace, own);
  if (pod === undefined) throw new Error(`${name} is not in the manifests`);
  return { kind: "pod", pod };
};

/** A running pod "ns/name" with addresses and label pod=name; on a node where one is given. */
export const runningPod = (
  path: string,
  ips: readonly string[],
  parts: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly ports?: readonly Readonly<Record<string, unknown>>[];
    readonly node?: string;
    readonly hostNetwork?: boolean;
    readonly phase?: string;
  } = {},
): string => {
  const { labels, ports = [], node, hostNetwork = false, phase = "Running" } = parts;
  const [podIP] = ips;
  return podText(path, {
    labels: labels ?? { pod: path.split("/")[1] },
    ports,
    spec: { hostNetwork, ...(node === undefined ? {} : { nodeName: node }) },
    status: { phase, ...(podIP === undefined ? {} : { podIP, podIPs: ips.map((ip) => ({ ip })) }) },
  });
};

/** A Node with addresses and labels. */
export const nodeText = (
  name: string,
  ips: readonly string[],
  labels: Readonly<Record<string, string>> = {},
): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels },
    status: { addresses: ips.map((address) => ({ type: "InternalIP", address })) },
  });

/**
 * Namespaces p, q and r with label ns, and in each pods a, b and c with label pod: p/a at 10.0.1.1, p/b at 10.0.1.2, q/a at
 * 10.0.2.1 and so on.
 */
export const nineFromThree: readonly string[] = ["p", "q", "r"].flatMap((namespace, first) => [
  namespaceText(namespace, { ns: namespace }),
  ...["a", "b", "c"].map((pod, second) =>
    runningPod(`${namespace}/${pod}`, [`10.0.${first + 1}.${second + 1}`]),
  ),
]);
