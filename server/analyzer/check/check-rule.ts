import type { LabelSelector } from "../model/label-selector.js";
import type { ConnectionSet, Protocol } from "../sets/connections.js";

/** One side of a rule. */
export type RuleEnd =
  /** A name as everywhere else: a pod, a workload, a Service, a node, a DNS name, an address or a range. */
  | { readonly kind: "name"; readonly text: string }
  /** The pods of both selectors. */
  | {
      readonly kind: "pods";
      readonly namespaces: LabelSelector;
      readonly pods: LabelSelector;
      /** "pods with app=web in namespaces with env=dev". */
      readonly text: string;
    };

/** Ports of one protocol. */
export type RulePort = {
  readonly protocol: Protocol;
  readonly first: number;
  readonly last: number;
  /** As written, in capitals: "TCP/80". */
  readonly text: string;
};

/** An assertion. */
export type CheckRule = {
  /** permit: every pair allows all of the ports. forbid: no pair allows any of them. */
  readonly kind: "permit" | "forbid";
  /** 1-based in its list. */
  readonly number: number;
  readonly from: RuleEnd;
  readonly to: RuleEnd;
  /** Empty: every port of every protocol. */
  readonly ports: readonly RulePort[];
  /** The same as a set. */
  readonly connections: ConnectionSet;
  /** Line in the rules file, 1-based. */
  readonly line: number;
};

/** The assertions of a file, in its order: permits first. */
export type RulesFile = { readonly file: string; readonly rules: readonly CheckRule[] };
