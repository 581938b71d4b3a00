import type { PodObject } from "../model/objects.js";
import type { CompiledRule } from "./compiled-policy.js";
import type { Match } from "./match-peer.js";
import { denied, type OutcomeId, open } from "./outcome-table.js";
import type { EndAxis } from "./peer-sets.js";
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
  /** How many ends are in it. */
  count: number;
};

/** Makes rows of one axis, one after the other. */
export class RowMaker {
  readonly #groups: SubjectGroups;
  readonly #axis: RowAxis;
  /** The state of each end; between two rows all are in the first. */
  readonly #stateOf: Uint32Array;
  #states: State[] = [];
  /** Ends that have left the first state. */
  #moved: number[] = [];

  constructor(groups: SubjectGroups, axis: RowAxis) {
    this.#groups = groups;
    this.#axis = axis;
    this.#stateOf = new Uint32Array(axis.axis.size);
  }

  /**
   * What a group says of every end of the axis. Ends that the same rules hold share a state, and the rules are evaluated
   * once for each state: the work is that of the ends which some rule holds.
   */
  rowOf(group: SubjectGroup): OutcomeRow {
    if (group.isFree) return { usual: open, ends: none, outcomes: none };
    this.#start(group);
    for (const rule of group.some) {
      const held = rule.peers.map((peer) => this.#axis.axis.held(peer, group.families));
      const next: NextStates = [];
      for (const { yes } of held) this.#advance(next, { rule, match: "yes", ends: yes });
      for (const { maybe, reason } of held) {
        this.#advance([], { rule, match: reason, ends: maybe });
      }
    }
    const outcomes = this.#states.map((state) => this.#outcomeOf(group, state));
    const row =
      this.#moved.length * 2 > this.#stateOf.length
        ? this.#denseRow(outcomes)
        : this.#sparseRow(outcomes);
    for (const index of this.#moved) this.#stateOf[index] = 0;
    return row;
  }

  /** All ends in one state, or in one for each meaning of the names of ports. */
  #start({ hasNames, direction }: SubjectGroup): void {
    const size = this.#stateOf.length;
    this.#states = [{ rule: undefined, match: "no", before: -1, example: 0, count: size }];
    this.#moved = [];
    if (!hasNames || direction === "ingress") return;
    const byProfile = new Map<number, number>();
    for (let index = 0; index < size; index++) {
      const profile = this.#axis.portProfileOf(index);
      let state = byProfile.get(profile);
      if (state === undefined) {
        state = byProfile.size === 0 ? 0 : this.#addState(undefined, "no", -1, index);
        byProfile.set(profile, state);
      }
      if (state !== 0) this.#move(index, state);
    }
  }

  /** Moves ends on to the state in which this rule holds them too; an end that it holds already stays. */
  #advance(
    next: NextStates,
    held: { readonly rule: CompiledRule; readonly match: Match; readonly ends: readonly number[] },
  ): void {
    const { rule, match, ends } = held;
    for (const index of ends) {
      const now = this.#stateOf[index] as number;
      let then = next[now];
      if (then === undefined) {
        const isHeld = (this.#states[now] as State).rule === rule;
        then = isHeld ? now : this.#addState(rule, match, now, index);
        next[now] = then;
      }
      if (then !== now) this.#move(index, then);
    }
  }

  #addState(rule: CompiledRule | undefined, match: Match, before: number, example: number): number {
    return this.#states.push({ rule, match, before, example, count: 0 }) - 1;
  }

  #move(index: number, to: number): void {
    const from = this.#stateOf[index] as number;
    if (from === 0) this.#moved.push(index);
    (this.#states[from] as State).count--;
    (this.#states[to] as State).count++;
    this.#stateOf[index] = to;
  }

  /** A state that every end has left needs no answer. */
  #outcomeOf(group: SubjectGroup, last: State): OutcomeId {
    if (last.count === 0) return denied;
    const held = new Map<CompiledRule, Match>();
    for (const rule of group.always) held.set(rule, "yes");
    for (
      let state: State | undefined = last;
      state?.rule !== undefined;
      state = this.#states[state.before]
    ) {
      held.set(state.rule, state.match);
    }
    const matches: RuleMatches = (rule) => held.get(rule) ?? "no";
    return this.#groups.outcome(group, matches, this.#axis.podOf(last.example));
  }

  /** Most ends are in the first state: the others are looked at. */
  #sparseRow(outcomes: readonly OutcomeId[]): OutcomeRow {
    const usual = outcomes[0] as OutcomeId;
    const others = this.#moved.filter(
      (index) => outcomes[this.#stateOf[index] as number] !== usual,
    );
    const ends = Uint32Array.from(others).sort();
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

/** The state that ends of a state go on to. */
type NextStates = (number | undefined)[];
