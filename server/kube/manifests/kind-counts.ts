import type { Origin } from "../../analyzer/model/objects.js";
import { manifestProblemsMax } from "../limits.js";
import type { Decoded } from "../objects/decode-object.js";
import { groupOf } from "../objects/kind-table.js";
import { kindConcern } from "../objects/other-kinds.js";
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
        if (decoded.isUnmodelled && decoded.objects.length > 0) {
          count(this.#unmodelled, `${decoded.apiVersion} ${decoded.rawKind}`, origin);
        }
        break;
      default:
    }
  }

  notes(): readonly KindNote[] {
    return [
      ...[...this.#unmodelled].map(
        ([kind, entry]): KindNote => ({
          ...told("warning", "unsupported", entry),
          message: `${kind} is not evaluated (${amount(entry, "object")}): what it says of the pods that it selects is unknown`,
        }),
      ),
      ...[...this.#ignored].map(([kind, entry]) => ignoredNote(kind, entry)),
      ...[...this.#foreign].map(
        ([what, entry]): KindNote => ({
          ...(what === kustomize
            ? told("warning", "unsupported", entry)
            : told("info", "unknown-kind", entry)),
          message: `${amount(entry, "document")} ${what}`,
        }),
      ),
    ];
  }
}

const told = (
  severity: KindNote["severity"],
  code: KindNote["code"],
  { origin }: Entry,
): Omit<KindNote, "message"> => ({ severity, code, object: "", origin });

const ignoredNote = (key: string, entry: Entry): KindNote => {
  const [apiVersion = "", kind = ""] = key.split(" ");
  const what = key.slice(0, 200);
  const objects = amount(entry, "object");
  switch (kindConcern(groupOf(apiVersion), kind)) {
    case "makes-pods":
      return {
        ...told("warning", "unknown-kind", entry),
        message: `${what} is not read (${objects}): the pods that it makes are missing from the model`,
      };
    case "may-refuse":
      return {
        ...told("warning", "unsupported", entry),
        message: `${what} is not evaluated (${objects}): it may refuse connections that policies allow`,
      };
    case "template":
      return {
        ...told("warning", "unsupported", entry),
        message: `${what} is not rendered here (${objects}): pass the output of oc process`,
      };
    case "not-known":
      return {
        ...told("warning", "unknown-kind", entry),
        message: `${what} is not known and not read (${objects})`,
      };
    case "none":
      return {
        ...told("info", "unknown-kind", entry),
        message: `${what} is not part of the model (${objects})`,
      };
  }
};

const kustomization = /(^|[\\/])kustomization\.ya?ml$/i;
const kustomize =
  "of kustomize, which is not run here: pass the output of kubectl kustomize instead of the folder";
const noObject = "without apiVersion and kind: no Kubernetes objects, not read";

const amount = ({ count }: Entry, what: string): string =>
  count === 1 ? `1 ${what}` : `${count} ${what}s`;

const count = (entries: Map<string, Entry>, key: string, origin: Origin): void => {
  const entry = entries.get(key);
  if (entry !== undefined) entry.count++;
  else if (entries.size < manifestProblemsMax) entries.set(key, { count: 1, origin });
};
