import type { PodObject } from "../model/objects.js";
import { type ConnectionId, type ConnectionTable, noneId } from "../sets/connection-table.js";
import type { CompiledRule } from "./compiled-policy.js";
import type { Direction } from "./decision.js";
import type { EndClass } from "./end-classes.js";
import { evaluateRules, type RuleUnion, rulesInOrder, unionOfRules } from "./evaluate-rules.js";
import type { Match } from "./match-peer.js";
import { denied, type OutcomeId, type OutcomeTable, open } from "./outcome-table.js";
import { holdsEveryone } from "./peer-sets.js";
import type { PolicyBook, SubjectRules } from "./policy-book.js";
import { everyFamily, type JudgedFamily } from "./policy-end.js";
import { hasOpenQuestions, undeterminedConnections } from "./possible-outcomes.js";
import { namedConnections } from "./rule-connections.js";

/** Classes that have the same policies as subjects in one direction, and so the same answer for every peer. */
export type SubjectGroup = {
  /** Grows; never used again for another. */
  readonly id: number;
  readonly direction: Direction;
  readonly rules: SubjectRules;
  /** Rules in the order in which they are asked, those that hold every end apart. */
  readonly some: readonly CompiledRule[];
  readonly always: readonly CompiledRule[];
  /** Whether nothing has a say: every connection is allowed. */
  readonly isFree: boolean;
  /** Whether a rule names ports that a destination resolves. */
  readonly hasNames: boolean;
  /** A subject: it resolves the names for ingress. */
  readonly subject: PodObject | undefined;
  /** Families in which it is judged. */
  readonly families: readonly JudgedFamily[];
};

/** Whether a rule holds a peer. */
export type RuleMatches = (rule: CompiledRule) => Match;

/** Finds the group of a class, and what a group says of a peer. */
export class SubjectGroups {
  readonly #book: PolicyBook;
  readonly #table: ConnectionTable;
  readonly #outcomes: OutcomeTable;
  readonly #familiesOf: (one: EndClass) => readonly JudgedFamily[];
  readonly #groups = new Map<string, SubjectGroup>();
  readonly #ofClass: Record<Direction, (SubjectGroup | undefined)[]> = { egress: [], ingress: [] };
  readonly #policyIds = new WeakMap<object, number>();
  readonly #fixed = new WeakMap<CompiledRule, ConnectionId>();
  #nextId = 0;

  constructor(parts: {
    readonly book: PolicyBook;
    readonly table: ConnectionTable;
    readonly outcomes: OutcomeTable;
    /** The families in which a class is judged. */
    readonly familiesOf: (one: EndClass) => readonly JudgedFamily[];
  }) {
    this.#book = parts.book;
    this.#table = parts.table;
    this.#outcomes = parts.outcomes;
    this.#familiesOf = parts.familiesOf;
  }

  /** How many groups are kept. */
  get size(): number {
    return this.#groups.size;
  }

  /** The group of a class in a direction. Hosts have no policies. */
  of(one: EndClass, direction: Direction): SubjectGroup {
    const known = this.#ofClass[direction][one.id];
    if (known !== undefined) return known;
    const group = this.#find(one, direction);
    this.#ofClass[direction][one.id] = group;
    return group;
  }

  /** Forgets which group a class is in, after a change of the policies that may select it. */
  forget({ id }: EndClass): void {
    this.#ofClass.egress[id] = undefined;
    this.#ofClass.ingress[id] = undefined;
  }

  /**
   * The outcome for a peer; as a destination it resolves the names of ports. `union`, where it is known already, is what
   * the rules of NetworkPolicies allow together; then only rules of tiers are asked whether they match.
   */
  outcome(
    group: SubjectGroup,
    matches: RuleMatches,
    peer: PodObject | undefined,
    union?: RuleUnion,
  ): OutcomeId {
    if (group.isFree) return open;
    const { rules } = group;
    const answers = {
      table: this.#table,
      matches,
      connections: (rule: CompiledRule): ConnectionId => this.connections(group, rule, peer),
    };
    const allows = union ?? unionOfRules(rules, answers);
    const allowed = evaluateRules(rules, answers, allows);
    const undetermined = hasOpenQuestions(rules, answers, allows)
      ? undeterminedConnections(rules, answers, allows)
      : noneId;
    if (allowed === noneId && undetermined === noneId) return denied;
    return this.#outcomes.intern(allowed, undetermined);
  }

  /** The outcome where one of two holds and it isn't known which. */
  either(one: OutcomeId, other: OutcomeId): OutcomeId {
    return this.#outcomes.either(one, other);
  }

  /** The connections that a rule of a group names for a peer. */
  connections(group: SubjectGroup, rule: CompiledRule, peer: PodObject | undefined): ConnectionId {
    let fixed = this.#fixed.get(rule);
    if (fixed === undefined) {
      fixed = this.#table.intern(rule.fixed);
      this.#fixed.set(rule, fixed);
    }
    const destination = group.direction === "egress" ? peer : group.subject;
    if (rule.named.length === 0 || destination === undefined) return fixed;
    return this.#table.union(fixed, this.#table.intern(namedConnections(rule.named, destination)));
  }

  #find(one: EndClass, direction: Direction): SubjectGroup {
    const { end } = one;
    const rules =
      end.kind === "pod" && end.pod !== undefined
        ? this.#book.rulesOf({ pod: end.pod, namespaceLabels: end.namespaceLabels }, direction)
        : { ...noRules, direction };
    const ordered = [
      ...rulesInOrder(rules.admin),
      ...rules.networkPolicies.flatMap((policy) => policy[direction]),
      ...rulesInOrder(rules.baseline),
    ];
    const hasNames = ordered.some(({ named }) => named.length > 0);
    const families = ordered.length === 0 ? everyFamily : this.#familiesOf(one);
    const key = [
      direction,
      families.join(),
      direction === "ingress" && hasNames ? one.portProfile : "",
      ...this.#idsOf(rules),
    ].join(" ");
    const found = this.#groups.get(key);
    if (found !== undefined) return found;
    const isFree = this.#isFree(rules);
    const group: SubjectGroup = {
      id: this.#nextId++,
      direction,
      rules,
      some: ordered.filter((rule) => !holdsEveryone(rule)),
      always: ordered.filter(holdsEveryone),
      isFree,
      hasNames,
      subject: end.kind === "pod" ? end.pod : undefined,
      families,
    };
    this.#groups.set(key, group);
    return group;
  }

  #isFree({ admin, networkPolicies, baseline, unmodelled }: SubjectRules): boolean {
    return [admin, networkPolicies, baseline, unmodelled].every(({ length }) => length === 0);
  }

  #idsOf({ admin, networkPolicies, baseline, unmodelled }: SubjectRules): readonly number[] {
    const tiered = [...admin, ...baseline].flatMap((group) => group.map(({ rules }) => rules));
    return [...tiered, ...networkPolicies, ...unmodelled].map((policy) => {
      let id = this.#policyIds.get(policy);
      if (id === undefined) {
        id = this.#nextId++;
        this.#policyIds.set(policy, id);
      }
      return id;
    });
  }
}

const noRules = { admin: [], networkPolicies: [], baseline: [], unmodelled: [] } as const;
