import type { Hello } from "../../common/agent-stream.js";
import { type PlanMember, planGroupKey } from "../mesh/planner.js";
import type { PlanDelivery } from "./plan-delivery.js";
import type { AgentView } from "./protocol.js";
import type { Agent } from "./records.js";

/** An agent as plans see it, from its Hello. */
const memberOf = ({ agentId, identity, plane, settings }: Hello, arrival: number): PlanMember => ({
  agentId,
  node: identity.node,
  plane,
  nodeIp: identity.nodeIp,
  podIps: identity.ips,
  podUid: identity.podUid,
  settings,
  arrival,
});

/** The record of an agent that was not listed. */
export const newAgent = (hello: Hello, arrival: number): Agent => ({
  agentId: hello.agentId,
  hello,
  member: memberOf(hello, arrival),
  groupKey: planGroupKey(hello),
  session: undefined,
  generation: 0,
  state: "suspect",
  reason: "",
  sinceUnixMs: 0,
  lastSeenUnixMs: 0,
  lastFrameMs: 0,
  expectedBackMs: 0,
  gone: false,
  lostMs: 0,
  dueMs: Number.NEGATIVE_INFINITY,
  runs: { revision: 0, hash: "" },
  spooledBatches: hello.spooled.batches,
  clockSamples: [],
  parked: undefined,
  planError: "",
  replacedMs: [],
});

/** Takes the Hello of a listed agent; gives whether plans have to be made anew. */
export const updateAgent = (agent: Agent, hello: Hello, arrival: number): boolean => {
  const wasGone = agent.gone;
  agent.gone = false;
  agent.hello = hello;
  agent.spooledBatches = hello.spooled.batches;
  if (agent.parked?.bootId !== hello.bootId) {
    agent.parked = undefined;
    agent.planError = "";
  }
  const member = memberOf(hello, arrival);
  if (!sameMember(agent.member, member)) {
    agent.member = member;
    agent.groupKey = planGroupKey(member);
    return true;
  }
  return wasGone;
};

const sameMember = (a: PlanMember, b: PlanMember): boolean =>
  a.node === b.node &&
  a.plane === b.plane &&
  a.nodeIp === b.nodeIp &&
  a.podUid === b.podUid &&
  a.podIps.length === b.podIps.length &&
  a.podIps.every((ip, index) => ip === b.podIps[index]) &&
  a.settings.clientPort === b.settings.clientPort &&
  planGroupKey(a) === planGroupKey(b);

/** An agent as queries see it. */
export const viewOf = (agent: Agent, plans: PlanDelivery): AgentView => {
  const { hello } = agent;
  const { identity } = hello;
  return {
    agentId: agent.agentId,
    bootId: hello.bootId,
    node: identity.node,
    plane: hello.plane,
    zone: hello.zone,
    state: agent.state,
    reason: agent.reason,
    version: hello.version,
    nodeIp: identity.nodeIp,
    podIps: identity.ips,
    pod: identity.pod,
    podUid: identity.podUid,
    namespace: identity.namespace,
    settings: hello.settings,
    sinceUnixMs: agent.sinceUnixMs,
    lastSeenUnixMs: agent.lastSeenUnixMs,
    clockSkewUs: skewUs(agent.clockSamples),
    appliedRevision: plans.appliedRevision(agent),
    spooledBatches: agent.spooledBatches,
    features: hello.features,
    unavailable: hello.unavailable,
    planError: plans.errorFor(agent),
  };
};

/** A heartbeat that waited on its way makes the clock look slow: the largest difference is the least delayed. */
const skewUs = (samplesMs: readonly number[]): number | undefined =>
  samplesMs.length === 0 ? undefined : Math.round(Math.max(...samplesMs) * 1000);
