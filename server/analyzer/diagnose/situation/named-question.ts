import { type LookUp, lookUp } from "../../dns/look-up.js";
import type { ClusterModel } from "../../model/cluster-model.js";
import { resolvedPod } from "../../resolve/resolve-pod.js";
import { resolvedService } from "../../resolve/resolve-service.js";
import { blankView, type ResolvedName } from "../../resolve/resolved-name.js";
import type { End } from "./end.js";

/** A question that goes by a DNS name, with what the source's look-up of it gives. */
export type NamedQuestion = {
  /** As it was written, without "dns/". */
  readonly name: string;
  readonly answer: LookUp;
  /** Whether the search list is needed for it. */
  readonly isShort: boolean;
};

/**
 * What a question by a DNS name means to a source: its own namespace's search list decides. Undefined where the question
 * goes by no DNS name, or the source is no pod.
 */
export const namedQuestionOf = (
  model: ClusterModel,
  a: End,
  text: string,
): NamedQuestion | undefined => {
  const name = /^dns\/(.*[^.].*)$/.exec(text.trim())?.[1];
  const [pod] = a.pods;
  if (name === undefined || pod === undefined) return undefined;
  const answer = lookUp(model, pod.namespace, name);
  const full = "name" in answer ? answer.name : name;
  return { name, answer, isShort: full !== name.toLowerCase().replace(/\.$/, "") };
};

/** What B is by a look-up; undefined where the name lies outside, which names are resolved for otherwise. */
export const resolvedByLookUp = (
  model: ClusterModel,
  { name, answer }: NamedQuestion,
): ResolvedName | undefined => {
  switch (answer.kind) {
    case "service":
      return resolvedService(answer.service, { byName: true });
    case "pod":
      return { ...resolvedPod(model, answer.pod), byName: true };
    case "missing": {
      const [meant] = answer.elsewhere;
      if (isWrongNamespace({ name, answer }) && meant !== undefined) {
        return resolvedService(meant, { byName: true });
      }
      return {
        view: { ...blankView, name: `dns/${name}`, kind: "dns" },
        kind: "dns",
        endpoints: [],
        byName: true,
        reason: `${name} stands for nothing`,
        warnings: [],
      };
    }
    case "outside":
      return undefined;
  }
};

/** Whether a short name means a Service that is in another namespace. */
export const isWrongNamespace = ({
  name,
  answer,
}: Pick<NamedQuestion, "name" | "answer">): boolean =>
  answer.kind === "missing" && answer.elsewhere.length > 0 && !name.includes(".");
