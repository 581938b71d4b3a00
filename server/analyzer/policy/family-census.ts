import type { ClusterModel, ModelChange } from "../model/cluster-model.js";
import type { ClusterObject } from "../model/objects.js";
import type { IpFamily } from "../sets/ip.js";

/** Which address families a model shows: in addresses of pods, nodes and Services. Kept up change by change. */
export class FamilyCensus {
  readonly #textsOf = new Map<string, readonly IpFamily[]>();
  readonly #counts: Record<IpFamily, number> = { 4: 0, 6: 0 };
  #shown: readonly IpFamily[] | undefined;

  constructor(model: ClusterModel) {
    for (const objects of [model.pods, model.nodes, model.services]) {
      for (const object of objects) this.apply({ kind: "upsert", object });
    }
  }

  /** The families in ascending order; IPv4 when nothing shows any. */
  get shown(): readonly IpFamily[] {
    this.#shown ??= ([4, 6] as const).filter((family) => this.#counts[family] > 0);
    return this.#shown.length === 0 ? [4] : this.#shown;
  }

  apply({ kind, object }: ModelChange): void {
    const texts = addressTexts(object);
    if (texts === undefined) return;
    const key = `${object.kind}/${object.namespace}/${object.name}`;
    const families = kind === "upsert" ? familiesOf(texts) : [];
    for (const family of this.#textsOf.get(key) ?? []) this.#counts[family]--;
    for (const family of families) this.#counts[family]++;
    if (families.length > 0) this.#textsOf.set(key, families);
    else this.#textsOf.delete(key);
    this.#shown = undefined;
  }
}

const addressTexts = (object: ClusterObject): readonly string[] | undefined => {
  switch (object.kind) {
    case "Pod":
      return object.ips;
    case "Node":
      return [...object.ips, ...object.podCidrs];
    case "Service":
      return object.clusterIps;
    default:
      return undefined;
  }
};

const only4: readonly IpFamily[] = [4];
const only6: readonly IpFamily[] = [6];
const both: readonly IpFamily[] = [4, 6];

const familiesOf = (texts: readonly string[]): readonly IpFamily[] => {
  const has6 = texts.some((text) => text.includes(":"));
  const has4 = texts.some((text) => text.includes("."));
  return has4 ? (has6 ? both : only4) : has6 ? only6 : [];
};
