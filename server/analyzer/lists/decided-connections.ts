import { assertNever } from "../../../common/assert.js";
import type { TieredAction } from "../model/objects.js";
import {
  allConnections,
  intersectConnections,
  noConnections,
  subtractConnections,
  unionConnections,
} from "../sets/connections.js";
import { type PotentialConnections, protocolOf, takesAllOf } from "./potential-set.js";

/** What a rule does, to which connections. */
export type Decision = {
  readonly action: TieredAction;
  readonly connections: PotentialConnections;
};

/**
 * What rules have decided so far; the first that decides a connection stands. A named port is decided apart from numbers,
 * since nobody knows which of them it stands for.
 */
export class DecidedConnections {
  #allowed = noConnections;
  #open = allConnections;
  #passed = noConnections;
  readonly #allowedNames = new Set<string>();
  readonly #deniedNames = new Set<string>();
  /** Names denied before numbers of their protocol were let through. */
  readonly #except = new Set<string>();
  readonly #decidedNames = new Set<string>();
  readonly #passedNames = new Set<string>();
  /** Names that a tier passed on: open to the next one, whatever became of the numbers. */
  readonly #reopenedNames = new Set<string>();

  /** What is allowed; names are left out where every port of their protocol is. */
  get allowed(): PotentialConnections {
    const names = [...this.#allowedNames].filter((name) => !takesAllOf(this.#allowed, name));
    return { set: this.#allowed, named: new Set(names), except: new Set(this.#except) };
  }

  decide({ action, connections }: Decision): void {
    switch (action) {
      case "accept":
        this.allow(connections);
        break;
      case "pass":
        this.#passed = unionConnections(
          this.#passed,
          intersectConnections(connections.set, this.#open),
        );
        for (const name of this.#openNames(connections)) this.#passedNames.add(name);
        break;
      case "deny":
        for (const name of this.#openNames(connections)) this.#deniedNames.add(name);
        break;
      default:
        assertNever(action);
    }
    this.#close(connections);
  }

  /** Lets through what is still open, without closing it: rules of NetworkPolicies add up. */
  allow(connections: PotentialConnections): void {
    const set = intersectConnections(connections.set, this.#open);
    this.#allowed = unionConnections(this.#allowed, set);
    for (const name of this.#deniedNames) {
      if (set[protocolOf(name)].length > 0) this.#except.add(name);
    }
    for (const name of this.#openNames(connections)) this.#allowedNames.add(name);
  }

  /** What was passed is open again to the next tier. */
  resumePassed(): void {
    this.#open = unionConnections(this.#open, this.#passed);
    this.#passed = noConnections;
    for (const name of this.#passedNames) this.#reopenedNames.add(name);
    this.#passedNames.clear();
  }

  /** The open names that a rule is for: those that it names, and reopened ones of which it takes every number. */
  #openNames({ named, set }: PotentialConnections): readonly string[] {
    return [
      ...[...named].filter((name) => this.#isOpen(name)),
      ...[...this.#reopenedNames].filter((name) => !named.has(name) && takesAllOf(set, name)),
    ];
  }

  #isOpen(name: string): boolean {
    if (this.#reopenedNames.has(name)) return true;
    return !this.#decidedNames.has(name) && this.#open[protocolOf(name)].length > 0;
  }

  #close(connections: PotentialConnections): void {
    for (const name of this.#openNames(connections)) {
      this.#decidedNames.add(name);
      this.#reopenedNames.delete(name);
    }
    this.#open = subtractConnections(this.#open, connections.set);
  }
}
