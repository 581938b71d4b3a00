import { workloadText } from "../model/cluster-model.js";
import type { PodObject, ServiceObject } from "../model/objects.js";
import { judgeQuestion } from "../pair/judge-question.js";
import type { JudgedWay } from "../pair/judge-way.js";
import type { PairQuestion } from "../pair/question.js";
import type { PolicyWorld } from "../policy-world.js";
import { QuestionError } from "../question-error.js";
import { resolveName } from "../resolve/resolve-name.js";
import {
  allConnections,
  type ConnectionSet,
  connectionsOf,
  isEmptyConnections,
  noConnections,
} from "../sets/connections.js";
import { portRange } from "../sets/port-set.js";
import type { CheckRule, RulePort } from "./check-rule.js";
import { namedPairsMax } from "./limits.js";
import type { RuleSide } from "./rule-ends.js";
import { type PairOutcome, pairOutcome, type RuleTally } from "./rule-tally.js";

/**
 * Judges a rule with a Service, a node or a DNS name as an end: each pair of names is asked as a question, so that what a
 * Service translates is judged on the ports of its endpoints. False when nothing takes any of the connections. Throws
 * QuestionError for more than `namedPairsMax` pairs.
 */
export const judgeNamed = (
  world: PolicyWorld,
  { from, to }: { readonly from: RuleSide; readonly to: RuleSide },
  tally: RuleTally,
): boolean => {
  const sources = namesOf(world, from);
  const destinations = namesOf(world, to);
  const service = to.kind === "name" ? resolveName(world, to.text).service : undefined;
  const asked = questionsOf(tally.rule.ports, service);
  if (sources.length * destinations.length * asked.length > namedPairsMax) {
    throw new QuestionError(
      "invalid",
      `the rule stands for more than ${namedPairsMax} questions about Services, nodes or DNS names: name fewer ends or ports`,
    );
  }
  let isServed = false;
  for (const source of sources) {
    for (const destination of destinations) {
      if (source === destination) continue;
      for (const part of asked) {
        isServed = judgeQuestionOf(world, { source, destination, part }, tally) || isServed;
      }
    }
  }
  return isServed;
};

/** A part of the ports of a rule, as it is asked. */
type AskedPart = Pick<PairQuestion, "port" | "protocol"> & {
  /** What is looked at of a way that no Service translates. */
  readonly connections: ConnectionSet;
};

const judgeQuestionOf = (
  world: PolicyWorld,
  asked: { readonly source: string; readonly destination: string; readonly part: AskedPart },
  tally: RuleTally,
): boolean => {
  const { source, destination, part } = asked;
  const { connections, ...ports } = part;
  const { judged, isAnyAddress } = judgeQuestion(world, { source, destination, ...ports });
  const counted = judged.filter(({ counts }) => counts);
  const [first] = counted;
  if (first === undefined) {
    tally.add(denied(tally.rule), () => ({ source, destination, ...nothing }));
    return false;
  }
  const outcomes = counted.map((way) => outcomeOf(tally.rule, way, connections));
  if (isAnyAddress) {
    // Any one address is meant: where they differ, it can't be told.
    const isAgreed = outcomes.every((outcome) => outcome === outcomes[0]);
    tally.add(isAgreed ? (outcomes[0] as PairOutcome) : "unsure", () => ({
      source,
      destination,
      ...(isAgreed ? reachOf(first) : { ...nothing, undetermined: connections }),
    }));
    return true;
  }
  for (const [index, way] of counted.entries()) {
    tally.add(outcomes[index] as PairOutcome, () => ({
      source: way.way.source.view.name,
      destination: destinationText(way, destination),
      ...reachOf(way),
    }));
  }
  return true;
};

const nothing = { allowed: noConnections, undetermined: noConnections, because: [] };

const denied = ({ kind }: CheckRule): PairOutcome => (kind === "permit" ? "broken" : "kept");

/** A way to a port that the endpoint lacks asks for nothing, and nothing is what it gives. */
const outcomeOf = (rule: CheckRule, judged: JudgedWay, connections: ConnectionSet): PairOutcome => {
  const asked = judged.way.through === undefined ? connections : judged.way.asked;
  if (isEmptyConnections(asked)) return denied(rule);
  return pairOutcome({ kind: rule.kind, connections: asked }, judged);
};

const reachOf = ({ allowed, undetermined, doubts }: JudgedWay) => ({
  allowed,
  undetermined,
  because: doubts.map(({ text }) => text),
});

/** "svc/shop/api (shop/api[Deployment])": what was asked for, and which end of it. */
const destinationText = ({ way }: JudgedWay, destination: string): string => {
  const { name } = way.destination.view;
  return name === destination ? name : `${destination} (${name})`;
};

const questionsOf = (
  ports: readonly RulePort[],
  service: ServiceObject | undefined,
): readonly AskedPart[] => {
  if (ports.length === 0) return [{ connections: allConnections }];
  return ports.flatMap(({ protocol, first, last }): readonly AskedPart[] => {
    const connections = connectionsOf(protocol, portRange(first, last));
    if (first === last) return [{ protocol, port: first, connections }];
    if (service === undefined) return [{ protocol, connections }];
    const within = service.ports.filter(
      (port) => port.protocol === protocol && port.port >= first && port.port <= last,
    );
    return within.map(({ port }) => ({ protocol, port, connections }));
  });
};

/** What questions call an end: a workload where all its pods are meant, else each pod. */
const namesOf = ({ engine }: PolicyWorld, side: RuleSide): readonly string[] => {
  if (side.kind !== "pods") return [side.text];
  const chosen = new Set(side.pods);
  return engine.units().flatMap(({ name, workload, pods }) => {
    const meant = pods.filter((pod) => chosen.has(pod));
    const isWhole = meant.length === pods.length && name === workloadText(workload);
    return isWhole ? [name] : meant.map(podText);
  });
};

const podText = ({ namespace, name }: PodObject): string => `${namespace}/${name}`;
