import type { ClusterModel, ModelChange } from "../model/cluster-model.js";
import type { NodeObject, PodObject } from "../model/objects.js";
import { type IpAddress, type IpFamily, parseCidr, parseIp } from "../sets/ip.js";
import { containsIp, type IpSet, ipSetOf } from "../sets/ip-set.js";

type Families = Record<IpFamily, number>;

/**
 * What the addresses of a model show: families, the pod CIDRs of nodes, and whether pods keep to them. Kept up change by
 * change.
 */
export class AddressCensus {
  readonly #model: ClusterModel;
  readonly #familiesOf = new Map<string, readonly IpFamily[]>();
  readonly #counts: Families = { 4: 0, 6: 0 };
  /** Addresses of pods that have a network of their own, by pod. */
  readonly #podIps = new Map<string, readonly IpAddress[]>();
  readonly #nodes = new Map<string, string>();
  readonly #outside: Families = { 4: 0, 6: 0 };
  /** Undefined after a change of a node's addresses, until it is asked for. */
  #podCidrs: IpSet | undefined;

  constructor(model: ClusterModel) {
    this.#model = model;
    for (const node of model.nodes) this.#noteNode(node);
    for (const service of model.services) this.#count("Service", service, service.clusterIps);
    for (const pod of model.pods) this.#addPod(pod);
  }

  /** The families that addresses of pods, nodes and Services show, in ascending order; IPv4 when nothing shows any. */
  get families(): readonly IpFamily[] {
    const shown = ([4, 6] as const).filter((family) => this.#counts[family] > 0);
    return shown.length === 0 ? [4] : shown;
  }

  /**
   * Where nodes say that pods of a family have their addresses; empty where no node says so, and where a pod is known to
   * be elsewhere: then the plugin does not go by it.
   */
  podCidrs(family: IpFamily): IpSet {
    const cidrs = this.#readPodCidrs();
    return this.#outside[family] > 0 ? [] : cidrs.filter((range) => range.family === family);
  }

  /** Takes up a change; whether anything that is said here may be different now. */
  apply({ kind, object }: ModelChange): boolean {
    if (object.kind === "Service") {
      return this.#count("Service", object, kind === "upsert" ? object.clusterIps : []);
    }
    if (object.kind === "Node") return this.#applyNode(kind, object);
    if (object.kind !== "Pod") return false;
    const before = this.#summary();
    this.#dropPod(object);
    if (kind === "upsert") this.#addPod(object);
    return this.#summary() !== before;
  }

  #summary(): string {
    return `${this.families.join()} ${this.#outside[4] > 0} ${this.#outside[6] > 0}`;
  }

  #applyNode(kind: ModelChange["kind"], node: NodeObject): boolean {
    const before = this.#nodes.get(node.name);
    if (kind === "remove") {
      this.#nodes.delete(node.name);
      this.#count("Node", node, []);
    } else this.#noteNode(node);
    // Heartbeats change a node all the time, and seldom its addresses.
    if (this.#nodes.get(node.name) === before) return false;
    this.#podCidrs = undefined;
    return true;
  }

  #noteNode(node: NodeObject): void {
    this.#nodes.set(node.name, JSON.stringify([node.ips, node.podCidrs]));
    this.#count("Node", node, [...node.ips, ...node.podCidrs]);
  }

  #readPodCidrs(): IpSet {
    if (this.#podCidrs !== undefined) return this.#podCidrs;
    this.#podCidrs = ipSetOf(
      [...this.#model.nodes]
        .flatMap(({ podCidrs }) => podCidrs)
        .map(parseCidr)
        .filter((range) => range !== undefined),
    );
    this.#outside[4] = 0;
    this.#outside[6] = 0;
    for (const addresses of this.#podIps.values()) this.#countOutside(addresses, 1);
    return this.#podCidrs;
  }

  #addPod(pod: PodObject): void {
    this.#count("Pod", pod, pod.ips);
    if (pod.hostNetwork) return;
    const addresses = pod.ips.map(parseIp).filter((address) => address !== undefined);
    if (addresses.length === 0) return;
    this.#podIps.set(`${pod.namespace}/${pod.name}`, addresses);
    this.#countOutside(addresses, 1);
  }

  #dropPod({ namespace, name }: PodObject): void {
    const key = `${namespace}/${name}`;
    this.#countOutside(this.#podIps.get(key) ?? [], -1);
    this.#podIps.delete(key);
    this.#count("Pod", { namespace, name }, []);
  }

  #countOutside(addresses: readonly IpAddress[], by: 1 | -1): void {
    if (this.#podCidrs === undefined) return;
    for (const address of addresses) {
      if (!containsIp(this.#podCidrs, address)) this.#outside[address.family] += by;
    }
  }

  /** Counts the families of an object; whether those that are shown have changed. */
  #count(
    kind: string,
    { namespace, name }: { readonly namespace: string; readonly name: string },
    texts: readonly string[],
  ): boolean {
    const key = `${kind}/${namespace}/${name}`;
    const shown = this.families.join();
    for (const family of this.#familiesOf.get(key) ?? []) this.#counts[family]--;
    const families = familiesOf(texts);
    for (const family of families) this.#counts[family]++;
    if (families.length > 0) this.#familiesOf.set(key, families);
    else this.#familiesOf.delete(key);
    return this.families.join() !== shown;
  }
}

const only4: readonly IpFamily[] = [4];
const only6: readonly IpFamily[] = [6];
const both: readonly IpFamily[] = [4, 6];

const familiesOf = (texts: readonly string[]): readonly IpFamily[] => {
  const has6 = texts.some((text) => text.includes(":"));
  const has4 = texts.some((text) => text.includes("."));
  return has4 ? (has6 ? both : only4) : has6 ? only6 : [];
};
