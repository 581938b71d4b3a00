import type { PlanEntry, Plane, Settings } from "../../common/agent-stream.js";
import { type ProbeKind, type ProbeSpec, targetKey } from "../../common/probe.js";
import type { EntryMaker } from "./entry-maker.js";

/** How often a target is probed by ICMP, UDP, TCP and DNS, in milliseconds. */
export const probeIntervalMs = 10_000;
/** How often a target is probed by HTTP, in milliseconds. */
export const httpIntervalMs = 30_000;
/** How often port 22 is probed, in milliseconds: every connection leaves a line in the target's log. */
export const sshIntervalMs = 60_000;
/** How long a probe of the mesh waits for its answer, in milliseconds. */
export const meshTimeoutMs = 1_500;

/** A listed agent as plans see it. */
export type PlanMember = {
  readonly agentId: string;
  readonly node: string;
  readonly plane: Plane;
  readonly nodeIp: string;
  /** Primary address first. */
  readonly podIps: readonly string[];
  readonly podUid: string;
  readonly settings: Settings;
  /** Order of arrival, unique: where agents of one node state different addresses, the last to arrive is believed. */
  readonly arrival: number;
};

/** What all agents of a group are to probe. */
export type PlanGroup = {
  readonly key: string;
  /** Ordered by what is probed; an agent skips its own entries. */
  readonly entries: readonly PlanEntry[];
  /** Entries left out because no id was left. */
  readonly unplaced: number;
};

/** What a planner needs. */
export type PlanContext = {
  readonly maker: EntryMaker;
  /** Groups beyond it are named and not planned. */
  readonly groupsMax: number;
};

/** What came out: groups, oldest first, and those that were too many. */
export type MeshPlans = {
  readonly groups: readonly PlanGroup[];
  readonly refused: readonly string[];
};

/**
 * Names the group of an agent: the plane and those of its settings that shape its plan. HEARTBEAT_INTERVAL does not, and
 * CLIENT_PORT shapes the plans of others.
 */
export const planGroupKey = ({ plane, settings }: Pick<PlanMember, "plane" | "settings">): string =>
  [
    plane,
    settings.testPort,
    settings.customServiceName,
    settings.customServiceName === "" ? 0 : settings.customServicePort,
  ].join("|");

/** The full mesh: every group probes every node, every agent of its plane, and its own custom service. */
export const planGroups = (
  members: readonly PlanMember[],
  { maker, groupsMax }: PlanContext,
): MeshPlans => {
  const sorted = [...members].sort(byAgentId);
  const nodes = nodesOf(sorted);
  const founders = foundersOf(sorted);
  const groups = founders
    .slice(0, groupsMax)
    .map(([key, founder]) => planGroup(key, founder, { nodes, sorted, maker }));
  maker.endRound();
  return { groups, refused: founders.slice(groupsMax).map(([key]) => key) };
};

/** The first to arrive of each group, oldest group first: when there are too many, the newest are refused. */
const foundersOf = (members: readonly PlanMember[]): [string, PlanMember][] => {
  const founders = new Map<string, PlanMember>();
  for (const member of members) {
    const key = planGroupKey(member);
    const former = founders.get(key);
    if (former === undefined || member.arrival < former.arrival) founders.set(key, member);
  }
  return [...founders].sort(([, a], [, b]) => a.arrival - b.arrival);
};

type Node = { readonly name: string; readonly ip: string };

type GroupInput = {
  readonly nodes: readonly Node[];
  readonly sorted: readonly PlanMember[];
  readonly maker: EntryMaker;
};

const planGroup = (
  key: string,
  { plane, settings }: PlanMember,
  { nodes, sorted, maker }: GroupInput,
): PlanGroup => {
  const entries: PlanEntry[] = [];
  let unplaced = 0;
  const add = (target: Target, probe: ProbeSpec): void => {
    const entry = maker.make({
      key: targetKey(probe.kind, target.name),
      probe,
      intervalMs: intervalMsOf(probe),
      agentId: target.agentId,
      node: target.node,
    });
    if (entry === undefined) unplaced += 1;
    else entries.push(entry);
  };
  for (const node of nodes) addNode(node, settings, add);
  for (const member of sorted) if (member.plane === plane) addPod(member, add);
  addService(settings, add);
  return { key, entries, unplaced };
};

type Target = { readonly name: string; readonly agentId: string; readonly node: string };

type Add = (target: Target, probe: ProbeSpec) => void;

const addNode = ({ name, ip }: Node, { testPort }: Settings, add: Add): void => {
  const target = { name: `node/${name}`, agentId: "", node: name };
  add(target, probeOf("icmp", { address: ip }));
  add(target, probeOf("tcp", { address: ip, port: testPort }));
};

const addPod = ({ agentId, podIps, podUid, settings }: PlanMember, add: Add): void => {
  const address = podIps[0];
  if (address === undefined) return;
  const target = { name: agentId, agentId, node: "" };
  const port = settings.clientPort;
  add(target, probeOf("icmp", { address }));
  add(target, probeOf("tcp", { address, port }));
  add(target, probeOf("udp", { address, port, expectPodUid: podUid }));
  add(target, probeOf("http", { address, port, httpPath: "/health", expectPodUid: podUid }));
};

const addService = ({ customServiceName, customServicePort }: Settings, add: Add): void => {
  if (customServiceName === "") return;
  const target = { name: `dns/${customServiceName}`, agentId: "", node: "" };
  const hostName = customServiceName;
  add(target, probeOf("dns", { hostName, port: dnsPort }));
  add(target, probeOf("tcp", { hostName, port: customServicePort }));
};

const dnsPort = 53;

const probeOf = (kind: ProbeKind, fields: Partial<ProbeSpec>): ProbeSpec => ({
  kind,
  address: "",
  port: 0,
  timeoutMs: meshTimeoutMs,
  hostName: "",
  httpPath: "",
  expectPodUid: "",
  ...fields,
});

const intervalMsOf = ({ kind, port }: ProbeSpec): number => {
  if (kind === "http") return httpIntervalMs;
  return kind === "tcp" && port === 22 ? sshIntervalMs : probeIntervalMs;
};

const nodesOf = (members: readonly PlanMember[]): Node[] => {
  const last = new Map<string, PlanMember>();
  for (const member of members) {
    const former = last.get(member.node);
    if (former === undefined || former.arrival < member.arrival) last.set(member.node, member);
  }
  return [...last.keys()].sort().map((name) => ({ name, ip: last.get(name)?.nodeIp ?? "" }));
};

const byAgentId = (a: PlanMember, b: PlanMember): number =>
  a.agentId < b.agentId ? -1 : Number(a.agentId > b.agentId);
