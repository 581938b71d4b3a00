import type {
  ConnectionsView,
  EndpointView,
  LocationView,
  ModelView,
  PolicyView,
  RuleView,
} from "../../server/analyzer/answers.js";

/** "policies.yaml:12", or "" of what came from the API server. */
export const placeText = ({ file, line }: LocationView): string =>
  file === "" || line === 0 ? file : `${file}:${line}`;

/** "NetworkPolicy shop/web". */
export const policyText = ({ kind, namespace, name }: PolicyView): string =>
  `${kind} ${namespace === "" ? name : `${namespace}/${name}`}`;

/** "NetworkPolicy shop/web ingress rule 2 (policies.yaml:12)". */
export const ruleText = ({ policy, direction, number, name, location }: RuleView): string => {
  const title = name === "" ? `${number}` : `${number} "${name}"`;
  return `${policyText(policy)} ${direction} rule ${title}${inBrackets(placeText(location))}`;
};

/** The same of a policy. */
export const placedPolicyText = (policy: PolicyView): string =>
  `${policyText(policy)}${inBrackets(placeText(policy.location))}`;

const inBrackets = (text: string): string => (text === "" ? "" : ` (${text})`);

/** What was asked: "TCP 80", "TCP", "all connections". */
export const askedText = ({
  port,
  protocol,
}: {
  readonly port: number;
  readonly protocol: string;
}): string => {
  if (port === 0) return protocol === "" ? "any connection" : `any ${protocol} connection`;
  return `${protocol === "" ? "TCP" : protocol} ${port}`;
};

/** "shop/web -> svc/shop/cart, TCP 80". */
export const questionText = (question: {
  readonly source: EndpointView;
  readonly destination: EndpointView;
  readonly port: number;
  readonly protocol: string;
}): string => `${question.source.name} -> ${question.destination.name}, ${askedText(question)}`;

/** A set of connections in a sentence. */
export const connectionsWords = ({ text, all }: ConnectionsView): string => {
  if (all) return "all connections";
  return text === "No Connections" ? "nothing" : text;
};

/** Whether a set has no connection. */
export const isNothing = ({ all, protocols }: ConnectionsView): boolean =>
  !all && protocols.length === 0;

/** "1 policy", "3 policies". */
export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** What an answer rests on, in one line. */
export const modelText = (profile: string, model: ModelView): string => {
  const age = model.ageS > 0 ? `, as of ${model.ageS} s ago` : "";
  const counts = [
    countText(model.pods, "pod"),
    countText(model.policies, "policy", "policies"),
    countText(model.services, "Service"),
    countText(model.namespaces, "namespace"),
  ].join(", ");
  return `Profile ${profile}; ${counts} from ${model.source === "cluster" ? "the cluster" : "manifests"}${age}.`;
};

/** The first points of a list, and a last one that counts the rest. */
export const atMost = <T>(
  items: readonly T[],
  max: number,
  more: (count: number) => T,
): readonly T[] =>
  items.length <= max ? items : [...items.slice(0, max), more(items.length - max)];
