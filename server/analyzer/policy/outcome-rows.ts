import type { PodObject } from "../model/objects.js";
import type { CompiledRule } from "./compiled-policy.js";
import type { Match } from "./match-peer.js";
import { denied, type OutcomeId, open } from "./outcome-table.js";
import type { EndAxis, Held } from "./peer-sets.js";
import type { RuleMatches, SubjectGroup, SubjectGroups } from "./subject-groups.js";

/** What a group says of the ends of an axis: the outcome of most, and the ends that differ. */
export type OutcomeRow = {
  readonly usual: OutcomeId;
  /** Ends with another outcome, ascending, and their outcomes. */
  readonly ends: Uint32Array;
  readonly outcomes: Uint32Array;
};

/** An axis, and what of its ends resolves names of ports. */
export type RowAxis = {
  readonly axis: EndAxis;
  /** Equal for ends on which names of ports stand for the same. */
  readonly portProfileOf: (index: number) => number;
  readonly podOf: (index: number) => PodObject | undefined;
};

/** The rules that hold an end, found one after the other: a chain from the last one back. */
type State = {
  readonly rule: CompiledRule | undefined;
  readonly match: Match;
  readonly before: number;
  /** An end in this state. */
  readonly example: number;
};

/**
 * What a group says of every end of an axis. Ends that the same rules hold share a state, and the rules are evaluated once
 * for each state.
 */
export const outcomeRow = (
  groups: SubjectGroups,
  group: SubjectGroup,
  { axis, portProfileOf, podOf }: RowAxis,
): OutcomeRow => {
  if (group.isFree) return { usual: open, ends: none, outcomes: none };
  const stateOf = new Uint32Array(axis.size);
  const states = initialStates(group, stateOf, portProfileOf);
  for (const rule of group.some) {
    const held = rule.peers.map((peer) => axis.held(peer, 0, group.families));
    const next: NextStates = [];
    for (const { yes } of held) advance(states, stateOf, next, { rule, match: "yes", lists: yes });
    for (const { maybe, reason } of held) {
      advance(states, stateOf, [], { rule, match: reason, lists: maybe });
    }
  }
  const counts = new Uint32Array(states.length);
  for (const state of stateOf) counts[state] = (counts[state] as number) + 1;
  // A state that every end has left needs no answer.
  const outcomes = states.map((state, index) =>
    counts[index] === 0
      ? denied
      : groups.outcome(group, heldBy(group, states, state), podOf(state.example)),
  );
  return compressed(stateOf, outcomes, counts);
};

const none = new Uint32Array(0);

/** One state for all ends, or one for each meaning of the names of ports. */
const initialStates = (
  { hasNames, direction }: SubjectGroup,
  stateOf: Uint32Array,
  portProfileOf: (index: number) => number,
): State[] => {
  const states: State[] = [];
  const add = (example: number): number =>
    states.push({ rule: undefined, match: "no", before: -1, example }) - 1;
  if (!hasNames || direction === "ingress") {
    add(0);
    return states;
  }
  const byProfile = new Map<number, number>();
  for (let index = 0; index < stateOf.length; index++) {
    const profile = portProfileOf(index);
    let state = byProfile.get(profile);
    if (state === undefined) {
      state = add(index);
      byProfile.set(profile, state);
    }
    stateOf[index] = state;
  }
  return states;
};

/** The state that ends of a state go on to. */
type NextStates = (number | undefined)[];

/** Moves ends on to the state in which this rule holds them too; an end that it holds already stays. */
const advance = (
  states: State[],
  stateOf: Uint32Array,
  next: NextStates,
  {
    rule,
    match,
    lists,
  }: { readonly rule: CompiledRule; readonly match: Match } & { readonly lists: Held["yes"] },
): void => {
  for (const list of lists) {
    for (const index of list) {
      const now = stateOf[index] as number;
      let then = next[now];
      if (then === undefined) {
        const isHeld = (states[now] as State).rule === rule;
        then = isHeld ? now : states.push({ rule, match, before: now, example: index }) - 1;
        next[now] = then;
      }
      stateOf[index] = then;
    }
  }
};

const heldBy = ({ always }: SubjectGroup, states: readonly State[], last: State): RuleMatches => {
  const held = new Map<CompiledRule, Match>();
  for (const rule of always) held.set(rule, "yes");
  for (
    let state: State | undefined = last;
    state?.rule !== undefined;
    state = states[state.before]
  ) {
    held.set(state.rule, state.match);
  }
  return (rule) => held.get(rule) ?? "no";
};

/** The outcome that most ends have is left out. */
const compressed = (
  stateOf: Uint32Array,
  outcomes: readonly OutcomeId[],
  counts: Uint32Array,
): OutcomeRow => {
  const ofOutcome = new Map<OutcomeId, number>();
  for (const [state, outcome] of outcomes.entries()) {
    ofOutcome.set(outcome, (ofOutcome.get(outcome) ?? 0) + (counts[state] as number));
  }
  let usual = open;
  let usualCount = 0;
  for (const [outcome, count] of ofOutcome) {
    if (count > usualCount) [usual, usualCount] = [outcome, count];
  }
  const ends = new Uint32Array(stateOf.length - usualCount);
  const others = new Uint32Array(ends.length);
  let at = 0;
  for (let index = 0; index < stateOf.length; index++) {
    const outcome = outcomes[stateOf[index] as number] as OutcomeId;
    if (outcome === usual) continue;
    ends[at] = index;
    others[at++] = outcome;
  }
  return { usual, ends, outcomes: others };
};
