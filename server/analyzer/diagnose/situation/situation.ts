import { type NetworkPlugin, networkPluginOf } from "../../network/network-plugin.js";
import type { PolicyEndpoint } from "../../policy/decision.js";
import type { PolicyWorld } from "../../policy-world.js";
import { QuestionError } from "../../question-error.js";
import { resolveName } from "../../resolve/resolve-name.js";
import { diagnosisWaysMax } from "../limits.js";
import { type AskedConnection, type DiagnosisQuestion, parseAskedConnection } from "../question.js";
import { type JudgedPorts, judgedPortsOf } from "./asked-ports.js";
import { directWays } from "./direct-ways.js";
import { destinationEndOf, type End, sourceEndOf } from "./end.js";
import { type NamedQuestion, namedQuestionOf, resolvedByLookUp } from "./named-question.js";
import { isServiceEnd, serviceWays } from "./service-ways.js";
import { type AccessMode, accessModes, type Way } from "./way.js";

/** A question as it was understood, with every connection that is judged for it. */
export type Situation = {
  readonly world: PolicyWorld;
  readonly question: DiagnosisQuestion;
  /** When it is asked, in milliseconds since 1970. */
  readonly nowMs: number;
  readonly asked: AskedConnection;
  readonly a: End;
  readonly b: End;
  /** Where B was given by a DNS name and the source looks it up. */
  readonly named: NamedQuestion | undefined;
  /** Ports of B itself; of a Service B its own ports are judged instead. */
  readonly ports: JudgedPorts;
  readonly ways: readonly Way[];
  /** Ways that were left out because there are too many. */
  readonly omittedWays: number;
  /** The modes that apply, in order. */
  readonly modes: readonly AccessMode[];
  /** What was asked: the address of a pod, the address of a Service, or a name. */
  readonly primary: AccessMode;
  readonly plugin: NetworkPlugin;
};

/**
 * Understands a question. Throws QuestionError: `invalid` for what can't be asked, `not-found` with near misses for what
 * the model lacks. What exists and is broken is never an error.
 */
export const situationOf = (
  world: PolicyWorld,
  question: DiagnosisQuestion,
  nowMs: number,
): Situation => {
  const asked = parseAskedConnection(question);
  const a = sourceEndOf(world, resolveName(world, question.podA));
  const named = namedQuestionOf(world.model, a, question.podB);
  const b = destinationOf(world, question.podB, named);
  assertSameFamily(a, b);
  const ports = judgedPortsOf(asked, b.pods);
  const parts = { a, b, asked, ports };
  const direct = isServiceEnd(world, parts) ? [] : directWays(a, b, ports);
  const all = [...direct, ...serviceWays(world, parts)];
  const ways = all.length === 0 ? [toNobody(b)] : boundedWays(all);
  const modes = accessModes.filter((mode) => ways.some((way) => way.mode === mode));
  return {
    world,
    question,
    nowMs,
    asked,
    a,
    b,
    named,
    ports,
    ways,
    omittedWays: Math.max(0, all.length - ways.length),
    modes,
    primary: primaryOf(b, modes),
    plugin: networkPluginOf(world.model),
  };
};

/** The ways that are judged, of every mode as many where there are too many. */
const boundedWays = (all: readonly Way[]): readonly Way[] => {
  if (all.length <= diagnosisWaysMax) return all;
  const byMode = accessModes
    .map((mode) => all.filter((way) => way.mode === mode))
    .filter((ways) => ways.length > 0);
  return byMode.flatMap((ways) => ways.slice(0, Math.floor(diagnosisWaysMax / byMode.length)));
};

/** A DNS name is what the source's look-up of it gives; a name of the cluster that nothing answers to leads nowhere. */
const destinationOf = (world: PolicyWorld, text: string, named: NamedQuestion | undefined): End => {
  const found = named === undefined ? undefined : resolvedByLookUp(world.model, named);
  if (found === undefined) return destinationEndOf(world, resolveName(world, text));
  if (found.kind !== "dns") return destinationEndOf(world, found);
  return { name: found.view.name, resolved: found, pods: [], endpoints: [], omitted: 0 };
};

/** From a workload without pods to a Service no connection can be told in detail. */
const toNobody = (b: End): Way => ({
  mode: b.resolved.byName ? "name" : "serviceIP",
  source: undefined,
  destination: undefined,
  protocol: "TCP",
  port: 0,
});

const primaryOf = (b: End, modes: readonly AccessMode[]): AccessMode => {
  const wanted = b.resolved.byName || b.resolved.kind === "dns" ? "name" : "podIP";
  return modes.includes(wanted) ? wanted : (modes[0] ?? "podIP");
};

/** Two addresses of different families can't be ends of one connection: the question is wrong, not the network. */
const assertSameFamily = (a: End, b: End): void => {
  const one = familyOf(a.endpoints);
  const other = familyOf(b.endpoints);
  if (one === undefined || other === undefined || one === other) return;
  throw new QuestionError(
    "invalid",
    `${a.name} is an IPv${one} address and ${b.name} an IPv${other} address: no connection has both`,
  );
};

const familyOf = (endpoints: readonly PolicyEndpoint[]): number | undefined => {
  const [first] = endpoints;
  return first?.kind === "addresses" ? first.range.family : undefined;
};
