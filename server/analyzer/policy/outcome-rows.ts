import type { PodObject } from "../model/objects.js";
import { type ConnectionTable, noneId } from "../sets/connection-table.js";
import type { CompiledRule } from "./compiled-policy.js";
import type { RuleUnion } from "./evaluate-rules.js";
import type { Match } from "./match-peer.js";
import { denied, type OutcomeId, open } from "./outcome-table.js";
import type { EndAxis } from "./peer-sets.js";
import type { JudgedFamily } from "./policy-end.js";
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

/** Writes the outcome for every end. */
export const expand = ({ usual, ends, outcomes }: OutcomeRow, into: Uint32Array): void => {
  into.fill(usual);
  for (let at = 0; at < ends.length; at++) into[ends[at] as number] = outcomes[at] as OutcomeId;
};

/** Rules of tiers that hold an end, found one after the other: a chain from the last one back. */
type TierChain = {
  readonly rule: CompiledRule;
  readonly match: Match;
  readonly before: TierChain | undefined;
  readonly id: number;
};

/** What the rules that hold an end come to. */
type State = {
  /** What names of ports stand for on it. */
  readonly profile: number;
  readonly tiers: TierChain | undefined;
  /** What rules of NetworkPolicies allow together. */
  readonly union: RuleUnion;
  /** An end in this state. */
  readonly example: number;
  /** How many ends are in it. */
  count: number;
};

/** Makes rows of one axis, one after the other. */
export class RowMaker {
  readonly #groups: SubjectGroups;
  readonly #table: ConnectionTable;
  readonly #axis: RowAxis;
  /** The state of each end; between two rows all are in the first. */
  readonly #stateOf: Uint32Array;
  #states: State[] = [];
  #stateIds = new Map<string, number>();
  #chains = 0;
  /** Ends that have left the first state: the first `#movedCount` places. */
  readonly #moved: Uint32Array;
  #movedCount = 0;

  constructor(groups: SubjectGroups, table: ConnectionTable, axis: RowAxis) {
    this.#groups = groups;
    this.#table = table;
    this.#axis = axis;
    this.#stateOf = new Uint32Array(axis.axis.size);
    this.#moved = new Uint32Array(axis.axis.size);
  }

  /**
   * What a group says of every end of the axis. Ends for which the same rules of tiers match, and for which NetworkPolicies
   * allow the same, share a state, and the outcome is found once for each state: the work is that of the ends which some
   * rule holds.
   */
  rowOf(group: SubjectGroup): OutcomeRow {
    if (group.isFree) return { usual: open, ends: none, outcomes: none };
    const [first, ...others] = group.families.map((family) => this.#rowInFamily(group, family));
    return others.reduce((row, other) => this.#eitherRow(row, other), first as OutcomeRow);
  }

  #rowInFamily(group: SubjectGroup, family: JudgedFamily): OutcomeRow {
    this.#start(group);
    for (const rule of group.some) {
      const held = rule.peers.map((peer) => this.#axis.axis.held(peer, family));
      const next: NextStates = [];
      for (const { yes } of held) this.#advance(group, next, { rule, match: "yes", ends: yes });
      for (const { maybe, reason } of held) {
        this.#advance(group, [], { rule, match: reason, ends: maybe });
      }
    }
    const outcomes = this.#states.map((state) => this.#outcomeOf(group, state));
    const row =
      this.#movedCount * 2 > this.#stateOf.length
        ? this.#denseRow(outcomes)
        : this.#sparseRow(outcomes);
    for (let at = 0; at < this.#movedCount; at++) this.#stateOf[this.#moved[at] as number] = 0;
    return row;
  }

  /** Where two families say different things, either may count. */
  #eitherRow(one: OutcomeRow, other: OutcomeRow): OutcomeRow {
    const size = this.#stateOf.length;
    const [left, right] = [new Uint32Array(size), new Uint32Array(size)];
    expand(one, left);
    expand(other, right);
    const usual = this.#groups.either(one.usual, other.usual);
    const ends: number[] = [];
    for (let index = 0; index < size; index++) {
      const outcome = this.#groups.either(left[index] as OutcomeId, right[index] as OutcomeId);
      left[index] = outcome;
      if (outcome !== usual) ends.push(index);
    }
    const places = Uint32Array.from(ends);
    return { usual, ends: places, outcomes: places.map((index) => left[index] as OutcomeId) };
  }

  /** All ends in one state, or in one for each meaning of the names of ports, held by the rules that hold every end. */
  #start(group: SubjectGroup): void {
    const size = this.#stateOf.length;
    this.#states = [];
    this.#stateIds = new Map();
    this.#movedCount = 0;
    const isPlain = !group.hasNames || group.direction === "ingress";
    const first = isPlain || size === 0 ? 0 : this.#axis.portProfileOf(0);
    const stateOfProfile = new Map([[first, this.#stateFor(group, first, 0)]]);
    (this.#states[0] as State).count = size;
    if (isPlain) return;
    for (let index = 1; index < size; index++) {
      const profile = this.#axis.portProfileOf(index);
      let state = stateOfProfile.get(profile);
      if (state === undefined) {
        state = this.#stateFor(group, profile, index);
        stateOfProfile.set(profile, state);
      }
      if (state !== 0) this.#move(index, state);
    }
  }

  #stateFor(group: SubjectGroup, profile: number, example: number): number {
    let state: State = { ...blank, profile, example };
    for (const rule of group.always) state = this.#held(group, state, { rule, match: "yes" });
    return this.#idOf(state);
  }

  /** Moves ends on to the state in which this rule holds them too. */
  #advance(
    group: SubjectGroup,
    next: NextStates,
    held: { readonly rule: CompiledRule; readonly match: Match; readonly ends: readonly number[] },
  ): void {
    for (const index of held.ends) {
      const now = this.#stateOf[index] as number;
      let then = next[now];
      if (then === undefined) {
        const from = this.#states[now] as State;
        then = this.#idOf(this.#held(group, { ...from, example: index }, held));
        next[now] = then;
      }
      if (then !== now) this.#move(index, then);
    }
  }

  /** A state with one more rule that holds it; a rule of a tier that does already changes nothing. */
  #held(
    group: SubjectGroup,
    state: State,
    { rule, match }: { readonly rule: CompiledRule; readonly match: Match },
  ): State {
    if (rule.ref.policy.kind !== "NetworkPolicy") {
      if (state.tiers?.rule === rule) return state;
      return { ...state, tiers: { rule, match, before: state.tiers, id: ++this.#chains } };
    }
    const table = this.#table;
    const named = this.#groups.connections(group, rule, this.#axis.podOf(state.example));
    const { certain, possible } = state.union;
    return {
      ...state,
      union: {
        certain: match === "yes" ? table.union(certain, named) : certain,
        possible: table.union(possible, named),
      },
    };
  }

  #idOf(state: State): number {
    const { profile, tiers, union } = state;
    const key = `${profile} ${tiers?.id ?? ""} ${union.certain} ${union.possible}`;
    let id = this.#stateIds.get(key);
    if (id === undefined) {
      id = this.#states.push({ ...state, count: 0 }) - 1;
      this.#stateIds.set(key, id);
    }
    return id;
  }

  #move(index: number, to: number): void {
    const from = this.#stateOf[index] as number;
    if (from === 0) this.#moved[this.#movedCount++] = index;
    (this.#states[from] as State).count--;
    (this.#states[to] as State).count++;
    this.#stateOf[index] = to;
  }

  /** A state that every end has left needs no answer. */
  #outcomeOf(group: SubjectGroup, { count, tiers, union, example }: State): OutcomeId {
    if (count === 0) return denied;
    const held = new Map<CompiledRule, Match>();
    for (let chain = tiers; chain !== undefined; chain = chain.before) {
      held.set(chain.rule, chain.match);
    }
    const matches: RuleMatches = (rule) => held.get(rule) ?? "no";
    return this.#groups.outcome(group, matches, this.#axis.podOf(example), union);
  }

  /** Most ends are in the first state: the others are looked at. */
  #sparseRow(outcomes: readonly OutcomeId[]): OutcomeRow {
    const usual = outcomes[0] as OutcomeId;
    const moved = this.#moved.subarray(0, this.#movedCount);
    const ends = moved.filter((index) => outcomes[this.#stateOf[index] as number] !== usual).sort();
    return {
      usual,
      ends,
      outcomes: ends.map((index) => outcomes[this.#stateOf[index] as number] as OutcomeId),
    };
  }

  #denseRow(outcomes: readonly OutcomeId[]): OutcomeRow {
    const counts = new Map<OutcomeId, number>();
    for (const [state, outcome] of outcomes.entries()) {
      counts.set(outcome, (counts.get(outcome) ?? 0) + (this.#states[state] as State).count);
    }
    let [usual, usualCount] = [open, -1];
    for (const [outcome, count] of counts) {
      if (count > usualCount) [usual, usualCount] = [outcome, count];
    }
    const ends = new Uint32Array(this.#stateOf.length - Math.max(usualCount, 0));
    const others = new Uint32Array(ends.length);
    let at = 0;
    for (let index = 0; index < this.#stateOf.length; index++) {
      const outcome = outcomes[this.#stateOf[index] as number] as OutcomeId;
      if (outcome === usual) continue;
      ends[at] = index;
      others[at++] = outcome;
    }
    return { usual, ends, outcomes: others };
  }
}

const none = new Uint32Array(0);

const blank: State = {
  profile: 0,
  tiers: undefined,
  union: { certain: noneId, possible: noneId },
  example: 0,
  count: 0,
};

/** The state that ends of a state go on to. */
type NextStates = (number | undefined)[];
