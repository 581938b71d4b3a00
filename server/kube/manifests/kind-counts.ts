import type { Origin } from "../../analyzer/model/objects.js";
import { manifestProblemsMax } from "../limits.js";
import type { Decoded } from "../objects/decode-object.js";
import type { PendingProblem } from "./problem-list.js";

/** A note about all objects of a kind; the origin is that of the first. */
export type KindNote = Omit<PendingProblem, "place"> & { readonly origin: Origin };

type Entry = { count: number; readonly origin: Origin };

/** Counts what is not part of the model, or in part: one note a kind, not one an object. */
export class KindCounts {
  readonly #ignored = new Map<string, Entry>();
  readonly #unmodelled = new Map<string, Entry>();
  readonly #foreign = new Map<string, Entry>();

  add(decoded: Decoded, origin: Origin): void {
    switch (decoded.kind) {
      case "foreign":
        count(this.#foreign, kustomization.test(origin.file) ? kustomize : noObject, origin);
        break;
      case "ignored":
        if (decoded.rawKind === "Kustomization") count(this.#foreign, kustomize, origin);
        else if (!decoded.builtIn) {
          count(this.#ignored, `${decoded.apiVersion} ${decoded.rawKind}`, origin);
        }
        break;
      case "objects":
        if (decoded.isUnmodelled) {
          count(this.#unmodelled, `${decoded.apiVersion} ${decoded.rawKind}`, origin);
        }
        break;
      default:
    }
  }

  notes(): readonly KindNote[] {
    return [
      ...[...this.#unmodelled].map(
        ([kind, { count: objects, origin }]): KindNote => ({
          severity: "warning",
          code: "unsupported",
          message: `${kind} is not evaluated (${amount(objects, "object")}): what it selects can't be told`,
          object: "",
          origin,
        }),
      ),
      ...[...this.#ignored].map(
        ([kind, { count: objects, origin }]): KindNote => ({
          severity: makesPods.has(kind.slice(kind.indexOf(" ") + 1)) ? "warning" : "info",
          code: "unknown-kind",
          message: ignoredText(kind, objects),
          object: "",
          origin,
        }),
      ),
      ...[...this.#foreign].map(
        ([what, { count: documents, origin }]): KindNote => ({
          severity: what === kustomize ? "warning" : "info",
          code: what === kustomize ? "unsupported" : "unknown-kind",
          message: `${amount(documents, "document")} ${what}`,
          object: "",
          origin,
        }),
      ),
    ];
  }
}

/** Kinds of others that make pods. */
const makesPods: ReadonlySet<string> = new Set([
  "AdvancedStatefulSet",
  "CloneSet",
  "DeploymentConfig",
  "Rollout",
  "VirtualMachine",
  "VirtualMachineInstance",
]);

const kustomization = /(^|[\\/])kustomization\.ya?ml$/i;
const kustomize =
  "of kustomize, which is not run here: pass the output of kubectl kustomize instead of the folder";
const noObject = "without apiVersion and kind: no Kubernetes objects, not read";

const ignoredText = (kind: string, objects: number): string => {
  const text = kind.slice(0, 200);
  return makesPods.has(kind.slice(kind.indexOf(" ") + 1))
    ? `${text} is not read (${amount(objects, "object")}): the pods that it makes are missing from the model`
    : `${text} is not part of the model (${amount(objects, "object")})`;
};

const amount = (count: number, what: string): string =>
  count === 1 ? `1 ${what}` : `${count} ${what}s`;

const count = (entries: Map<string, Entry>, key: string, origin: Origin): void => {
  const entry = entries.get(key);
  if (entry !== undefined) entry.count++;
  else if (entries.size < manifestProblemsMax) entries.set(key, { count: 1, origin });
};
