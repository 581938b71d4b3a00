import { everything } from "../../analyzer/model/label-selector.js";
import type {
  PortRule,
  TieredAction,
  TieredPeer,
  TieredPolicyObject,
  TieredRule,
} from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";
import { selectorOf } from "./selector.js";
import { podsOf, tieredPeerOf } from "./tiered-peer.js";
import { warnUnknownFields } from "./unknown-fields.js";
import { orText } from "./value-text.js";

/** Which end of a connection a rule's peers are. */
export type PeerSide = "from" | "to";

/** What the versions of the ordered policies do differently. */
export type TieredDialect = {
  readonly actions: Readonly<Record<string, TieredAction>>;
  /** Bounds of the custom resource definition on rules, peers and ports. */
  readonly rulesMax: number;
  readonly peersMax: number;
  readonly portsMax: number;
  readonly portsKey: "ports" | "protocols";
  readonly portOf: (entry: Field) => readonly PortRule[];
  /** Fields of a peer, by side. */
  readonly peers: Readonly<Record<PeerSide, readonly string[]>>;
  /** v1alpha1 before 0.1.7 had other shapes below these fields. */
  readonly oldPeers: boolean;
};

/** Reads spec.subject: exactly one of namespaces and pods. */
export const subjectOf = (spec: Field): TieredPolicyObject["subject"] => {
  const subject = spec.field("subject");
  if (subject.record() === undefined) {
    if (!subject.present) subject.error("is required: name namespaces or pods");
    return { kind: "namespaces", selector: everything };
  }
  warnUnknownFields(subject, ["namespaces", "pods"]);
  const namespaces = subject.field("namespaces");
  const pods = subject.field("pods");
  if (namespaces.present === pods.present) {
    subject.error("must have exactly one of namespaces and pods");
  }
  if (!pods.present) return { kind: "namespaces", selector: selectorOf(namespaces) };
  return { kind: "pods", ...podsOf(pods) };
};

/** Reads a priority, 0 to 1000. */
export const priorityOf = (spec: Field): number => {
  const field = spec.field("priority");
  const priority = field.integer();
  if (!field.present) field.error("is required: 0 to 1000, the lowest goes first");
  if (priority !== undefined && (priority < 0 || priority > 1000)) {
    field.error(`${priority} must be between 0 and 1000`);
  }
  return priority ?? 0;
};

/** Reads the rules of one direction. */
export const tieredRulesOf = (
  list: Field,
  { side, dialect }: { readonly side: PeerSide; readonly dialect: TieredDialect },
): readonly TieredRule[] => {
  const items = list.items();
  if (items.length > dialect.rulesMax) {
    list.error(`must not have more than ${dialect.rulesMax} rules: split the policy`);
  }
  return items.flatMap((rule) => ruleOf(rule, side, dialect) ?? []);
};

const ruleOf = (rule: Field, side: PeerSide, dialect: TieredDialect): TieredRule | undefined => {
  if (rule.record() === undefined) {
    if (!rule.present) rule.error("must be a map with action and peers");
    return undefined;
  }
  warnUnknownFields(rule, ["name", "action", side, dialect.portsKey]);
  const nameField = rule.field("name");
  const name = nameField.string() ?? "";
  if ([...name].length > 100) nameField.error("must be at most 100 characters");
  const action = actionOf(rule.field("action"), dialect);
  const peers = peersOf(rule.field(side), { side, dialect, action });
  const ports = portsOf(rule.field(dialect.portsKey), dialect);
  checkNamedPorts(rule, peers, ports);
  if (action === undefined || peers.length === 0) return undefined;
  return { name, action, peers, ...(ports === undefined ? {} : { ports }) };
};

const actionOf = (field: Field, { actions }: TieredDialect): TieredAction | undefined => {
  const words = Object.keys(actions);
  if (!field.present) field.error(`is required: ${orText(words)}`);
  const word = field.word(words);
  return word === undefined ? undefined : actions[word];
};

const peersOf = (
  list: Field,
  {
    side,
    dialect,
    action,
  }: {
    readonly side: PeerSide;
    readonly dialect: TieredDialect;
    readonly action: TieredAction | undefined;
  },
): readonly TieredPeer[] => {
  const items = list.items();
  if (!list.present || (Array.isArray(list.value) && items.length === 0)) {
    list.error("must have at least one peer; for every pod write namespaces: {}");
  }
  if (items.length > dialect.peersMax) {
    list.error(`must not have more than ${dialect.peersMax} peers: split the rule`);
  }
  return items.flatMap((peer) => {
    const read = tieredPeerOf(peer, {
      known: dialect.peers[side],
      elsewhere: dialect.peers[side === "from" ? "to" : "from"],
      old: dialect.oldPeers,
    });
    if (read?.kind === "domainNames" && action !== undefined && action !== "accept") {
      peer.error("domainNames may only be in a rule that accepts");
    }
    return read ?? [];
  });
};

const portsOf = (
  list: Field,
  { portsKey, portsMax, portOf }: TieredDialect,
): readonly PortRule[] | undefined => {
  const items = list.items();
  if (items.length > portsMax) {
    list.error(`must not have more than ${portsMax} entries: split the rule`);
  }
  if (portsKey === "protocols" && Array.isArray(list.value) && items.length === 0) {
    list.error("must have at least one entry; leave it out for all protocols and ports");
  }
  const ports = items.flatMap(portOf);
  return ports.length === 0 ? undefined : ports;
};

/** Addresses have no named ports (validation of the custom resource definition). */
const checkNamedPorts = (
  rule: Field,
  peers: readonly TieredPeer[],
  ports: readonly PortRule[] | undefined,
): void => {
  const outside = peers.find(({ kind }) => ["networks", "nodes", "domainNames"].includes(kind));
  if (outside !== undefined && ports?.some(({ kind }) => kind === "named") === true) {
    rule.error(`must not name a port by name together with ${outside.kind}, which have none`);
  }
};
