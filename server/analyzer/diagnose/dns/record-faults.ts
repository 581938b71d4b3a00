import { assertNever } from "../../../../common/assert.js";
import type { LookUp } from "../../dns/look-up.js";
import type { PodObject, ServiceObject } from "../../model/objects.js";
import { didYouMean, nearMisses } from "../../resolve/near-misses.js";
import { seesNamespaces, seesPodsOf, seesServicesOf } from "../../seen-objects.js";
import { serviceTitle } from "../../service/service-text.js";
import { kubectl } from "../findings/shell-words.js";
import { execIn } from "../pods/pod-commands.js";
import { podName } from "../pods/pod-subject.js";
import { isWrongNamespace } from "../situation/named-question.js";
import type { DnsFault, DnsSubject } from "./dns-subject.js";

/** A name of the cluster that nothing answers to. */
export const recordFaults = (subject: DnsSubject): readonly DnsFault[] => {
  const { asked, pod } = subject;
  if (asked === undefined || asked.answer.kind !== "missing") return [];
  const { name, answer } = asked;
  const base: Base = {
    effect: "blocks",
    origin: "destination",
    observations: [
      { kind: "name", data: { name, asked_by: podName(pod), namespace: answer.namespace } },
    ],
  };
  const unseen = unseenOf(subject, { name, answer });
  const [meant] = answer.elsewhere;
  if (isWrongNamespace(asked) && meant !== undefined) {
    const fault = wrongNamespaceFault(base, { name, pod, meant });
    return [unseen === undefined ? fault : { ...fault, ...guessed }];
  }
  if (unseen !== undefined) return [unseenFault(base, { name, ...unseen })];
  const hint = nearHint(subject, answer.namespace, answer.service);
  return [missingFault(base, { name, answer, hint })];
};

type Base = Pick<DnsFault, "effect" | "origin" | "observations">;

/** The namespace may have a Service of the name that was not read; that another one has is likelier what is wrong. */
const guessed = { certainty: 0.6, proof: "inferred" } as const;

type Missing = Extract<LookUp, { readonly kind: "missing" }>;

/** What was not read and may answer to the name. */
type Unseen = { readonly what: string; readonly step: string };

const unseenOf = (
  { world }: DnsSubject,
  { name, answer }: { readonly name: string; readonly answer: Missing },
): Unseen | undefined => {
  const { why, namespace } = answer;
  if (why === "no-name") {
    const isOther =
      /(^|\.)(svc|pod)(\.|$)/.test(name) && !world.model.namespaceNames().has(namespace);
    return isOther && !seesNamespaces(world)
      ? {
          what: `objects of namespace ${namespace}`,
          step: kubectl("", "get", "namespaces", "-o", "yaml"),
        }
      : undefined;
  }
  const kind = why === "no-service" ? "services" : "pods";
  const sees = why === "no-service" ? seesServicesOf : seesPodsOf;
  return sees(world, namespace)
    ? undefined
    : {
        what: `${why === "no-service" ? "Services" : "pods"} of namespace ${namespace}`,
        step: kubectl(namespace, "get", kind, "-o", "yaml"),
      };
};

const unseenFault = (
  base: Base,
  { name, what, step }: Unseen & { readonly name: string },
): DnsFault => ({
  ...base,
  effect: "unknown",
  code: "SELF_DATA_MISSING",
  component: `name ${name}`,
  issue: `Whether anything answers to ${name} can't be told: the model has no ${what}`,
  solutions: [`Read the ${what} as well: run ${step}`],
  summary: `Read the ${what} as well`,
  why: "A name means what objects of the cluster say, and these were not read.",
  steps: [step],
});

const wrongNamespaceFault = (
  base: Base,
  {
    name,
    pod,
    meant,
  }: { readonly name: string; readonly pod: PodObject; readonly meant: ServiceObject },
): DnsFault => {
  const full = `${meant.name}.${meant.namespace}`;
  return {
    ...base,
    code: "SERVICE_WRONG_NAMESPACE_NAME",
    component: serviceTitle(meant),
    issue: `${name} means a Service of namespace ${pod.namespace} to ${podName(pod)}, and there is none; ${serviceTitle(meant)} is in another namespace`,
    solutions: [`Use the name ${full}`],
    summary: `Use the name ${full}`,
    why: "A name without a namespace is completed with the namespace of the pod that asks.",
    steps: [execIn(pod, "nslookup", full)],
    prevention: "Use names with their namespace between namespaces.",
  };
};

const missingFault = (
  base: Base,
  {
    name,
    answer,
    hint,
  }: {
    readonly name: string;
    readonly answer: Missing;
    readonly hint: string;
  },
): DnsFault => {
  switch (answer.why) {
    case "no-service":
      return {
        ...base,
        code: "SERVICE_NOT_FOUND",
        component: `Service ${answer.namespace}/${answer.service}`,
        issue: `${name}: namespace ${answer.namespace} has no Service ${answer.service}.${hint}`,
        solutions: [`Create the Service, or correct the name.${hint}`],
        summary: "Create the Service, or correct the name",
        why: "The cluster's DNS answers for Services that exist; for others it says that there is no such name.",
        steps: [kubectl(answer.namespace, "get", "services")],
      };
    case "no-pod-record":
      return {
        ...base,
        code: "DNS_POD_RECORD_MISSING",
        component: `name ${name}`,
        issue: `${name}: no pod has a record of that name`,
        solutions: [
          "Give the pod's template hostname and subdomain, and a headless Service of the subdomain's name; or use the Service's name",
        ],
        summary: "Let hostname, subdomain and a headless Service agree, or use the Service's name",
        why: "A pod has a name of its own only through a headless Service that is called as its subdomain, or by its address with dashes.",
        steps: [
          kubectl(
            answer.namespace,
            "get",
            "pods",
            "-o",
            "custom-columns=NAME:.metadata.name,HOSTNAME:.spec.hostname,SUBDOMAIN:.spec.subdomain",
          ),
          kubectl(answer.namespace, "get", "services"),
        ],
      };
    case "no-name":
      return {
        ...base,
        code: "DNS_NXDOMAIN_SERVICE",
        component: `name ${name}`,
        issue: `${name} lies in the cluster's zone, and nothing answers to it.${hint}`,
        solutions: [`Correct the name: service.namespace.svc.DOMAIN.${hint}`],
        summary: "Correct the name: service.namespace.svc.DOMAIN",
        why: "The cluster's DNS knows Services of namespaces that exist, under svc, and says of other names that they don't exist.",
        steps: ["kubectl get services -A"],
      };
    default:
      return assertNever(answer.why);
  }
};

const nearHint = ({ world }: DnsSubject, namespace: string, name: string): string =>
  didYouMean(nearMisses(world.model, { kind: "service", namespace, name }));
