import fc from "fast-check";
import { everything, type LabelSelector } from "../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NetworkPolicyRule,
  PodObject,
  TieredPolicyObject,
  TieredRule,
} from "../../server/analyzer/model/objects.js";
import { networkPolicyObject, nodeObject, podObject, serviceObject } from "./cluster-objects.js";
import { blockPeer, labelled, tcpPort } from "./policy-parts.js";

// Small clusters with everything that answers about pairs go by: few names and values, so that things meet.

const namespaces = ["a", "b"];
const values = ["x", "y"];
const ports = [80, 81];

const oneOf = <T>(...items: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...items);

const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.constant(everything),
  oneOf(...values).map((value) => labelled("app", value)),
);

const namespaceSelector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.constant(everything),
  oneOf(...namespaces).map((name) => labelled("kubernetes.io/metadata.name", name)),
);

const pod = (index: number): fc.Arbitrary<PodObject> =>
  fc
    .record({
      app: oneOf(...values),
      host: oneOf(false, false, false, true),
      node: oneOf("n1", "n2"),
      ready: oneOf(true, true, false),
      named: fc.boolean(),
      replica: fc.boolean(),
    })
    .map(({ app, host, node, ready, named, replica }) =>
      podObject(`${namespaces[index % 2]}/p${index}`, {
        labels: { app },
        nodeName: node,
        hostNetwork: host,
        ips: [host ? `192.0.2.${node === "n1" ? 1 : 2}` : `10.0.0.${index + 1}`],
        conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
        ports: named ? [{ name: "http", port: 80, protocol: "TCP", container: "c" }] : [],
        ...(replica ? { owner: { kind: "Deployment", name: `d-${app}` } } : {}),
      }),
    );

const peer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
  selector.map((podSelector) => ({ kind: "pods", podSelector }) as const),
  fc
    .tuple(namespaceSelector, selector)
    .map(([own, podSelector]) => ({ kind: "pods", namespaceSelector: own, podSelector }) as const),
  oneOf("10.0.0.0/30", "203.0.113.0/24", "0.0.0.0/0").map((text) => blockPeer(text)),
);

const portRules = fc.array(
  fc.oneof(
    oneOf(...ports).map((port) => tcpPort(port)),
    fc.constant({ kind: "named", protocol: "TCP", name: "http" } as const),
  ),
  { minLength: 1, maxLength: 2 },
);

const rule: fc.Arbitrary<NetworkPolicyRule> = fc.record(
  { peers: fc.array(peer, { minLength: 1, maxLength: 2 }), ports: portRules },
  { requiredKeys: [] },
);

const policy = (index: number): fc.Arbitrary<NetworkPolicyObject> =>
  fc
    .record({
      namespace: oneOf(...namespaces),
      podSelector: selector,
      isolates: oneOf(["ingress"], ["egress"], ["ingress", "egress"] as const),
      ingress: fc.array(rule, { maxLength: 2 }),
      egress: fc.array(rule, { maxLength: 2 }),
    })
    .map(({ namespace, ...parts }) =>
      networkPolicyObject(`${namespace}/np${index}`, parts as Partial<NetworkPolicyObject>),
    );

const tieredRule: fc.Arbitrary<TieredRule> = fc
  .record({
    action: oneOf("accept", "deny", "pass" as const),
    own: namespaceSelector,
    podSelector: selector,
    port: oneOf(undefined, ...ports),
  })
  .map(({ action, own, podSelector, port }) => ({
    name: "r",
    action: action as TieredRule["action"],
    peers: [{ kind: "pods", namespaceSelector: own, podSelector }],
    ...(port === undefined ? {} : { ports: [tcpPort(port)] }),
  }));

const tiered = (index: number): fc.Arbitrary<TieredPolicyObject> =>
  fc
    .record({
      tier: oneOf("admin", "baseline" as const),
      podSelector: selector,
      ingress: fc.array(tieredRule, { maxLength: 2 }),
      egress: fc.array(tieredRule, { maxLength: 2 }),
    })
    .map(({ tier, podSelector, ingress, egress }) => ({
      kind: "ClusterNetworkPolicy",
      namespace: "",
      name: `cnp${index}`,
      labels: {},
      annotations: {},
      tier: tier as "admin" | "baseline",
      priority: 10 + index,
      subject: { kind: "pods", namespaceSelector: everything, podSelector },
      ingress,
      egress,
    }));

const several = <T>(
  make: (index: number) => fc.Arbitrary<T>,
  { min = 0, max }: { readonly min?: number; readonly max: number },
): fc.Arbitrary<readonly T[]> =>
  fc
    .integer({ min, max })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => make(index))));

const services: readonly ClusterObject[] = namespaces.map((namespace, index) =>
  serviceObject(`${namespace}/web`, {
    selector: { app: "x" },
    clusterIps: [`10.96.0.${index + 1}`],
    ports: [
      {
        port: 8000,
        protocol: "TCP",
        targetPort: index === 0 ? 80 : "http",
        nodePort: 30000 + index,
      },
    ],
  }),
);

/** A small cluster of objects that hang together. */
export const randomObjects: fc.Arbitrary<readonly ClusterObject[]> = fc
  .tuple(several(pod, { min: 2, max: 6 }), several(policy, { max: 4 }), several(tiered, { max: 2 }))
  .map(([pods, policies, tiers]) => [
    ...pods,
    ...policies,
    ...tiers,
    ...services,
    nodeObject("n1", { ips: ["192.0.2.1"] }),
    nodeObject("n2", { ips: ["192.0.2.2"] }),
  ]);

/** Names that a question can have in such a cluster: some of nothing. */
export const randomName: fc.Arbitrary<string> = oneOf(
  "a/p0",
  "b/p1",
  "a/p2",
  "b/p3",
  "a/d-x[Deployment]",
  "b/d-y",
  "svc/a/web",
  "svc/b/web",
  "10.96.0.1",
  "node/n1",
  "192.0.2.2",
  "10.0.0.1",
  "203.0.113.0/24",
  "0.0.0.0/0",
  "dns/web.a.svc.cluster.local",
  "dns/example.com",
  "nothing",
);

/** Names of pods of such a cluster; the first two are always there. */
export const randomPodName: fc.Arbitrary<string> = oneOf("a/p0", "b/p1", "a/p2", "b/p3");

/** A port and protocol that a question can have. */
export const randomAsked: fc.Arbitrary<{ readonly port?: number; readonly protocol?: string }> =
  oneOf(
    { port: 80 },
    { port: 81 },
    { port: 8000 },
    { port: 30000 },
    { protocol: "UDP" },
    { protocol: "ICMP" },
    {},
  );
