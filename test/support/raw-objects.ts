import { load } from "js-yaml";
import type { ClusterObject } from "../../server/analyzer/model/objects.js";
import { kubectlSchema } from "../../server/kube/manifests/kubectl-schema.js";
import { type Decoded, decodeObject } from "../../server/kube/objects/decode-object.js";
import { fieldPathText } from "../../server/kube/objects/faults.js";

// Raw objects are written as YAML in tests, and read as kubectl would.

/** The JSON value of a YAML text. */
export const rawObject = (text: string): unknown => load(text, { schema: kubectlSchema });

/** What becomes of the object in a YAML text. */
export const decodeYaml = (text: string): Decoded => decodeObject(rawObject(text));

/** The type of the model's objects of a kind. */
export type OfKind<K extends ClusterObject["kind"], O = ClusterObject> = O extends {
  readonly kind: infer Kinds;
}
  ? K extends Kinds
    ? O
    : never
  : never;

/** The one object of the model that a YAML text stands for. */
export const objectOf = <K extends ClusterObject["kind"]>(kind: K, text: string): OfKind<K> => {
  const decoded = decodeYaml(text);
  const [object] = decoded.kind === "objects" ? decoded.objects : [];
  if (object?.kind !== kind) throw new Error(`no ${kind}: ${JSON.stringify(decoded)}`);
  return object as OfKind<K>;
};

/** The faults of the object in a YAML text: "error spec.ports[0].port is required". */
export const faultsOf = (text: string): readonly string[] => {
  const decoded = decodeYaml(text);
  return decoded.kind === "objects" || decoded.kind === "refused"
    ? decoded.faults.map(
        ({ severity, path, message }) => `${severity} ${fieldPathText(path)} ${message}`,
      )
    : [`${decoded.kind}`];
};
