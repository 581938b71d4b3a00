import type { TieredAction } from "../model/objects.js";
import {
  allConnections,
  type ConnectionSet,
  intersectConnections,
  noConnections,
  subtractConnections,
  unionConnections,
} from "../sets/connections.js";
import { allPorts, samePorts } from "../sets/port-set.js";
import { type PotentialConnections, protocolOf } from "./potential-set.js";

/** What a rule does, to which connections. */
export type Decision = {
  readonly action: TieredAction;
  readonly connections: PotentialConnections;
};

/** What rules have decided so far; the first that decides a connection stands. */
export class DecidedConnections {
  #allowed = noConnections;
  #open = allConnections;
  #passed = noConnections;
  readonly #allowedNames = new Set<string>();
  readonly #decidedNames = new Set<string>();
  readonly #passedNames = new Set<string>();

  /** What is allowed; names are left out where every port of their protocol is. */
  get allowed(): PotentialConnections {
    const names = [...this.#allowedNames].filter((name) => !this.#isFull(this.#allowed, name));
    return { set: this.#allowed, named: new Set(names) };
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
        break;
    }
    this.#close(connections);
  }

  /** Lets through what is still open, without closing it: rules of NetworkPolicies add up. */
  allow(connections: PotentialConnections): void {
    const set = intersectConnections(connections.set, this.#open);
    this.#allowed = unionConnections(this.#allowed, set);
    for (const name of this.#openNames(connections)) this.#allowedNames.add(name);
  }

  /** What was passed is open again to the next tier. */
  resumePassed(): void {
    this.#open = unionConnections(this.#open, this.#passed);
    this.#passed = noConnections;
    for (const name of this.#passedNames) this.#decidedNames.delete(name);
    this.#passedNames.clear();
  }

  #openNames({ named }: PotentialConnections): readonly string[] {
    return [...named].filter(
      (name) => !this.#decidedNames.has(name) && this.#open[protocolOf(name)].length > 0,
    );
  }

  #close({ set, named }: PotentialConnections): void {
    this.#open = subtractConnections(this.#open, set);
    for (const name of named) this.#decidedNames.add(name);
  }

  #isFull(set: ConnectionSet, name: string): boolean {
    return samePorts(set[protocolOf(name)], allPorts);
  }
}
