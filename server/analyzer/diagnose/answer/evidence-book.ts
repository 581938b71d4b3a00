import type { DiagnosisAnswer } from "../../answers.js";
import type { Observation } from "../findings/finding.js";
import { observationKey } from "../findings/merge-findings.js";

type Evidence = DiagnosisAnswer["evidence"][number];

/** Gives observations ids, the same one to the same observation, in the order in which they are first referred to. */
export class EvidenceBook {
  readonly #ids = new Map<string, string>();
  readonly #evidence: Evidence[] = [];
  readonly #at: string;

  /** `at`: when the objects were read, RFC 3339. */
  constructor(at: string) {
    this.#at = at;
  }

  idOf(observation: Observation): string {
    const key = observationKey(observation);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = `e${this.#evidence.length + 1}`;
    this.#ids.set(key, id);
    const { kind, data } = observation;
    this.#evidence.push({ id, kind, host: "", data, at: this.#at });
    return id;
  }

  get evidence(): readonly Evidence[] {
    return this.#evidence;
  }
}
