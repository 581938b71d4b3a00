import { createSeededRandom } from "../../common/random.js";
import { type LabelSelector, labelSelectorOf } from "../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  IpBlock,
  NetworkPolicyObject,
  NetworkPolicyPeer,
  PodObject,
  PortRule,
} from "../../server/analyzer/model/objects.js";
import { parseCidr } from "../../server/analyzer/sets/ip.js";
import {
  namespaceObject,
  networkPolicyObject,
  nodeObject,
  podObject,
} from "../support/cluster-objects.js";

/** How large a cluster is. */
export type Shape = {
  readonly pods: number;
  readonly namespaces: number;
  readonly policies: number;
  /** Most pods of one workload. */
  readonly replicasMax: number;
};

/** A real cluster that was counted: npinaeva/k8s-netpol-scale, yaml-analysis. */
export const realShape: Shape = { pods: 5_413, namespaces: 604, policies: 13_678, replicasMax: 4 };

/** Twice its pods. */
export const largeShape: Shape = {
  pods: 10_000,
  namespaces: 800,
  policies: 10_000,
  replicasMax: 4,
};

const nodeCount = 100;
const tiers = ["web", "api", "db", "cache", "worker"];

type App = { readonly app: string; readonly tier: string };

/**
 * A cluster with the mix of the one that was counted: a quarter of the policies select nothing, 3.6 % only deny, about one
 * peer a policy, half a CIDR, most peers a few pods of the own namespace, a few whole namespaces. Pods have addresses.
 */
export const clusterOf = (shape: Shape, seed = 1): readonly ClusterObject[] => {
  const random = createSeededRandom(seed);
  const below = (count: number): number => Math.floor(random.next() * count);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const names = Array.from({ length: shape.namespaces }, (_, index) => `ns-${index}`);
  const apps = new Map<string, App[]>(names.map((name) => [name, []]));
  const objects: ClusterObject[] = names.map((name) =>
    namespaceObject(name, { team: `t${below(40)}`, env: pick(["prod", "dev", "stage"]) }),
  );
  for (let index = 0; index < nodeCount; index++) {
    objects.push(
      nodeObject(`node-${index}`, { ips: [`192.168.0.${index + 1}`], podCidrs: ["10.0.0.0/8"] }),
    );
  }
  for (let made = 0; made < shape.pods; ) {
    const namespace = pick(names);
    const app = { app: `app-${made}`, tier: pick(tiers) };
    apps.get(namespace)?.push(app);
    const replicas = Math.min(shape.pods - made, 1 + below(shape.replicasMax));
    for (let replica = 0; replica < replicas; replica++, made++) {
      objects.push(podOf({ namespace, app, number: made, replica }, { below, pick }));
    }
  }
  for (let index = 0; index < shape.policies; index++) {
    const namespace = pick(names);
    const own = apps.get(namespace) ?? [];
    const name = `${namespace}/np-${index}`;
    objects.push(policyOf({ name, own, names }, { below, pick, next: random.next }));
  }
  return objects;
};

type Chance = {
  readonly below: (count: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
};

const podOf = (
  parts: {
    readonly namespace: string;
    readonly app: App;
    readonly number: number;
    readonly replica: number;
  },
  { below, pick }: Chance,
): PodObject => {
  const { namespace, app, number, replica } = parts;
  return podObject(`${namespace}/${app.app}-${replica}`, {
    labels: { ...app, "pod-template-hash": `${number - replica}` },
    nodeName: `node-${below(nodeCount)}`,
    hostNetwork: below(50) === 0,
    ips: [`10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`],
    ports: [{ name: "http", port: pick([80, 8080, 8000]), protocol: "TCP", container: "main" }],
    owner: { kind: "Deployment", name: app.app },
  });
};

const where = (key: string, value: string): LabelSelector =>
  labelSelectorOf([{ key, operator: "In", values: [value] }]);

const policyOf = (
  parts: { readonly name: string; readonly own: readonly App[]; readonly names: readonly string[] },
  chance: Chance & { readonly next: () => number },
): NetworkPolicyObject => {
  const { own, names, name } = parts;
  const { next, pick } = chance;
  const nobody = { app: "nobody", tier: "none" };
  const subject = own.length === 0 || next() < 0.26 ? nobody : pick(own);
  const wide = next();
  const isEgress = next() < 0.4;
  const peers = peersOf({ own: own.length === 0 ? [nobody] : own, names }, chance);
  const ports = portsOf(chance);
  const rule = {
    ...(peers.length === 0 ? {} : { peers }),
    ...(ports.length === 0 ? {} : { ports }),
  };
  const rules = next() < 0.036 ? [] : [rule];
  return networkPolicyObject(name, {
    podSelector:
      subject !== nobody && wide < 0.3
        ? labelSelectorOf([])
        : wide < 0.7
          ? where("app", subject.app)
          : where("tier", subject.tier),
    isolates: isEgress ? ["egress"] : ["ingress"],
    ingress: isEgress ? [] : rules,
    egress: isEgress ? rules : [],
  });
};

const peersOf = (
  { own, names }: { readonly own: readonly App[]; readonly names: readonly string[] },
  { below, pick, next }: Chance & { readonly next: () => number },
): readonly NetworkPolicyPeer[] => {
  const peers: NetworkPolicyPeer[] = [];
  const kind = next();
  if (kind < 0.35) {
    const prefix = next() < 0.5 ? 24 : 32 - below(12);
    peers.push({
      kind: "ipBlock",
      block: blockOf(`${1 + below(200)}.${below(255)}.${below(255)}.0/${prefix}`),
    });
  }
  if (kind >= 0.25 && kind < 0.8) {
    peers.push({ kind: "pods", podSelector: where("app", pick(own).app) });
  }
  if (kind >= 0.7) {
    const scope = next();
    peers.push({
      kind: "pods",
      namespaceSelector:
        scope < 0.1
          ? labelSelectorOf([])
          : scope < 0.3
            ? where("team", `t${below(40)}`)
            : where("kubernetes.io/metadata.name", pick(names)),
      ...(next() < 0.5 ? { podSelector: where("tier", pick(tiers)) } : {}),
    });
  }
  return peers;
};

const portsOf = ({ pick, next }: Chance & { readonly next: () => number }): readonly PortRule[] => {
  const kind = next();
  if (kind < 0.4) return [];
  if (kind < 0.46) return [{ kind: "named", protocol: "TCP", name: "http" }];
  const first = pick([53, 80, 443, 5432, 8080]);
  const last = kind > 0.997 ? first + 100 : first;
  return [{ kind: "numbers", protocol: pick(["TCP", "TCP", "TCP", "UDP"] as const), first, last }];
};

const blockOf = (text: string): IpBlock => {
  const range = parseCidr(text);
  if (range === undefined) throw new Error(`not a CIDR: ${text}`);
  return { text, range, except: [], exceptTexts: [] };
};
