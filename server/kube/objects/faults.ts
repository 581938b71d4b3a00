import { faultsPerObjectMax } from "../limits.js";

/** Leads from an object's root to a part of it: "spec", "ingress", 0. */
export type FieldPath = readonly (string | number)[];

/** What is wrong with a part of an object. An error rejects the object, as the API server would. */
export type Fault = {
  readonly severity: "error" | "warning";
  readonly code: "invalid" | "unsupported" | "deprecated";
  readonly path: FieldPath;
  readonly message: string;
};

/** Collects the faults of one object: the first ones, since the rest often follow from them. */
export class Faults {
  readonly list: Fault[] = [];
  #rejected = false;

  /** Whether an error was among them. */
  get rejected(): boolean {
    return this.#rejected;
  }

  add(fault: Fault): void {
    if (fault.severity === "error") this.#rejected = true;
    if (this.list.length < faultsPerObjectMax) this.list.push(fault);
  }
}

/** "spec.ingress[0].from": the API server's spelling of a path. */
export const fieldPathText = (path: FieldPath): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`,
    "",
  );
