import { createSeededRandom } from "../../common/random.js";
import {
  type LabelSelector,
  labelSelectorOf,
  type SelectorOperator,
} from "../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  IpBlock,
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NetworkPolicyRule,
  NodeObject,
  PodObject,
  PortRule,
  TieredPeer,
  TieredPolicyObject,
  TieredRule,
  UnmodelledPolicyObject,
  WorkloadObject,
} from "../../server/analyzer/model/objects.js";
import { type IpRange, parseCidr } from "../../server/analyzer/sets/ip.js";
import {
  namespaceObject,
  networkPolicyObject,
  nodeObject,
  podObject,
  serviceObject,
  workloadObject,
} from "./cluster-objects.js";

/** What a random cluster may have beyond pods with known addresses and evaluated policies. */
export type ClusterFeatures = {
  /** Pods and nodes whose address is not known. */
  readonly unknownAddresses: boolean;
  /** Policies of kinds that are not evaluated, and rules by DNS name. */
  readonly unmodelled: boolean;
};

const keys = ["a", "b", "c"];
const values = ["1", "2", "3"];
const namespaces = ["n1", "n2", "n3"];
const nodes = ["k1", "k2"];
const owners = [
  { kind: "Deployment", name: "d1" },
  { kind: "Deployment", name: "d2" },
  { kind: "ReplicaSet", name: "r1" },
];
const operators: readonly SelectorOperator[] = ["In", "In", "NotIn", "Exists", "DoesNotExist"];

/**
 * Small clusters over every feature of the policy APIs, in which few names and values make things meet. The same seed gives
 * the same objects in the same order.
 */
export class RandomCluster {
  readonly #next: () => number;
  readonly #features: ClusterFeatures;
  readonly #isDual: boolean;

  constructor(seed: number, features: ClusterFeatures) {
    const random = createSeededRandom(seed);
    this.#next = () => random.next();
    this.#features = features;
    this.#isDual = this.chance(0.3);
  }

  chance(share: number): boolean {
    return this.#next() < share;
  }

  below(count: number): number {
    return Math.floor(this.#next() * count);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** So many objects of any kind; names repeat, so that later ones replace earlier ones. */
  objects(count: number): readonly ClusterObject[] {
    return this.#list(count, () => this.object());
  }

  object(): ClusterObject {
    const share = this.#next();
    if (share < 0.42) return this.pod();
    if (share < 0.64) return this.networkPolicy();
    if (share < 0.77) return this.tieredPolicy();
    if (share < 0.81 && this.#features.unmodelled) return this.unmodelledPolicy();
    if (share < 0.9) return namespaceObject(this.pick(namespaces), this.labels());
    if (share < 0.96) return this.node();
    if (share < 0.98) return this.workload();
    return serviceObject(`${this.pick(namespaces)}/s${this.below(2)}`, {
      clusterIps: [this.#isDual ? this.pick(["10.96.0.1", "fd01::1"]) : "10.96.0.1"],
    });
  }

  pod(): PodObject {
    const hostNetwork = this.chance(0.2);
    const node = this.pick(nodes);
    const isPlaced = hostNetwork || this.chance(0.8);
    const unknown = this.#features.unknownAddresses && this.chance(0.25);
    const { nodeName: _, ...bare } = podObject(`${this.pick(namespaces)}/p${this.below(8)}`);
    return {
      ...bare,
      labels: this.labels(),
      hostNetwork,
      ...(isPlaced ? { nodeName: node } : {}),
      ports: this.#list(this.below(3), () => ({
        name: this.pick(["http", "dns"]),
        port: this.pick([53, 80, 81]),
        protocol: this.pick(["TCP", "UDP"] as const),
        container: "c",
      })),
      ips: unknown ? [] : hostNetwork ? [nodeAddress(node)] : this.#addresses(),
      phase: this.chance(0.1) ? "Succeeded" : "Running",
      ...(this.chance(0.5) ? { owner: this.pick(owners) } : {}),
    };
  }

  /** An owner of pods that an other one owns, or not any more. */
  workload(): WorkloadObject {
    return workloadObject(`${this.pick(namespaces)}/r1`, {
      kind: "ReplicaSet",
      ...(this.chance(0.7) ? { owner: { kind: "Deployment", name: this.pick(["d1", "d2"]) } } : {}),
    });
  }

  node(): NodeObject {
    const name = this.pick(nodes);
    const unknown = this.#features.unknownAddresses && this.chance(0.3);
    return nodeObject(name, {
      labels: this.labels(),
      ips: unknown ? [] : [nodeAddress(name)],
      podCidrs: this.chance(0.5) ? ["10.0.0.0/16"] : [],
    });
  }

  networkPolicy(): NetworkPolicyObject {
    return networkPolicyObject(`${this.pick(namespaces)}/np${this.below(5)}`, {
      podSelector: this.selector(),
      isolates: this.pick([["ingress"], ["egress"], ["ingress", "egress"]] as const),
      ingress: this.#list(this.below(3), () => this.rule()),
      egress: this.#list(this.below(3), () => this.rule()),
    });
  }

  rule(): NetworkPolicyRule {
    const ports = this.#ports();
    return {
      ...(this.chance(0.25)
        ? {}
        : { peers: this.#list(1 + this.below(2), () => this.networkPolicyPeer()) }),
      ...(ports === undefined ? {} : { ports }),
    };
  }

  networkPolicyPeer(): NetworkPolicyPeer {
    if (this.chance(0.3)) return { kind: "ipBlock", block: this.block() };
    return {
      kind: "pods",
      ...(this.chance(0.5) ? { namespaceSelector: this.selector() } : {}),
      podSelector: this.selector(),
    };
  }

  tieredPolicy(): TieredPolicyObject {
    const name = `t${this.below(4)}`;
    const { namespace: _, ...meta } = namespaceObject(name);
    return {
      ...meta,
      kind: "ClusterNetworkPolicy",
      namespace: "",
      tier: this.pick(["admin", "baseline"] as const),
      priority: this.below(3),
      subject: this.chance(0.5)
        ? { kind: "namespaces", selector: this.selector() }
        : { kind: "pods", namespaceSelector: this.selector(), podSelector: this.selector() },
      ingress: this.#list(this.below(3), (index) => this.tieredRule(index, "ingress")),
      egress: this.#list(this.below(3), (index) => this.tieredRule(index, "egress")),
    };
  }

  tieredRule(index: number, direction: "egress" | "ingress"): TieredRule {
    const ports = this.#ports();
    return {
      name: `r${index}`,
      action: this.pick(["accept", "deny", "pass"] as const),
      peers: this.#list(1 + this.below(2), () => this.#tieredPeer(direction)),
      ...(ports === undefined ? {} : { ports }),
    };
  }

  unmodelledPolicy(): UnmodelledPolicyObject {
    const { kind: _, ...meta } = namespaceObject(`u${this.below(2)}`);
    return {
      ...meta,
      kind: "UnmodelledPolicy",
      namespace: this.chance(0.5) ? "" : this.pick(namespaces),
      apiVersion: "cilium.io/v2",
      policyKind: "CiliumNetworkPolicy",
      podSelector: this.selector(),
      selectorUnderstood: this.chance(0.7),
      directions: [this.pick(["ingress", "egress"] as const)],
    };
  }

  selector(): LabelSelector {
    if (this.chance(0.2)) return labelSelectorOf([]);
    return labelSelectorOf(
      this.#list(1 + this.below(2), () => {
        const operator = this.pick(operators);
        const takesValues = operator === "In" || operator === "NotIn";
        return {
          key: this.pick(keys),
          operator,
          values: takesValues ? this.#list(1 + this.below(2), () => this.pick(values)) : [],
        };
      }),
    );
  }

  block(): IpBlock {
    const text = this.pick([
      "0.0.0.0/0",
      "10.0.0.0/8",
      "10.0.0.0/24",
      "10.0.1.0/28",
      "192.168.0.0/24",
      "192.168.0.1/32",
      "8.8.8.8/32",
      `10.0.${this.below(2)}.${this.below(20)}/32`,
      ...(this.#isDual ? ["::/0", "fd00::/125"] : []),
    ]);
    const holes = this.chance(0.3) ? [this.pick(["10.0.0.4/30", "10.0.1.0/29"])] : [];
    return { text, range: rangeOf(text), except: holes.map(rangeOf), exceptTexts: holes };
  }

  #tieredPeer(direction: "egress" | "ingress"): TieredPeer {
    const share = this.#next();
    if (direction === "egress" && share < 0.15) return { kind: "networks", blocks: [this.block()] };
    if (direction === "egress" && share < 0.3) return { kind: "nodes", selector: this.selector() };
    if (direction === "egress" && share < 0.4 && this.#features.unmodelled) {
      return { kind: "domainNames", names: ["example.com"] };
    }
    if (share < 0.45) return { kind: "unknown", fields: ["later"] };
    return share < 0.7
      ? { kind: "namespaces", selector: this.selector() }
      : { kind: "pods", namespaceSelector: this.selector(), podSelector: this.selector() };
  }

  #ports(): readonly PortRule[] | undefined {
    if (this.chance(0.4)) return undefined;
    return this.#list(1 + this.below(2), (): PortRule => {
      if (this.chance(0.3)) {
        const name = this.pick(["http", "dns"]);
        return this.chance(0.7)
          ? { kind: "named", protocol: this.pick(["TCP", "UDP"] as const), name }
          : { kind: "named", name };
      }
      const first = this.pick([1, 53, 80, 81, 100]);
      const last = first + this.pick([0, 0, 1, 20, 65_535 - first]);
      return {
        kind: "numbers",
        protocol: this.pick(["TCP", "UDP", "SCTP"] as const),
        first,
        last,
      };
    });
  }

  labels(): Readonly<Record<string, string>> {
    const labels: Record<string, string> = {};
    for (const key of keys) if (this.chance(0.6)) labels[key] = this.pick(values);
    return labels;
  }

  #addresses(): readonly string[] {
    const four = `10.0.${this.below(2)}.${this.below(20)}`;
    const six = `fd00::${this.below(20)}`;
    return this.#isDual ? this.pick([[four], [six], [four, six]]) : [four];
  }

  #list<T>(count: number, make: (index: number) => T): readonly T[] {
    return Array.from({ length: count }, (_, index) => make(index));
  }
}

const nodeAddress = (name: string): string => `192.168.0.${name === "k1" ? 1 : 2}`;

const rangeOf = (text: string): IpRange => {
  const range = parseCidr(text);
  if (range === undefined) throw new Error(`not a CIDR: ${text}`);
  return range;
};
