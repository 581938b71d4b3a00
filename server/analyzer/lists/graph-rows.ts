import { memo } from "../../../common/memo.js";
import type { ConnectionRowView } from "../answers.js";
import { type IpRange, parseIp } from "../sets/ip.js";
import { noSide } from "./side-text.js";

/** A way from one end to another: positions of ends, and of the label. */
export type Arc = { readonly from: number; readonly to: number; readonly label: number };

/** An end of rows. */
export type GraphEnd = {
  readonly name: string;
  /** "" for addresses. */
  readonly namespace: string;
  /** Of addresses. */
  readonly range?: IpRange;
};

/** Rows with everything that is named more than once as a number. */
export type GraphRows = {
  readonly ends: readonly GraphEnd[];
  /** What ways allow, as edges show it. */
  readonly labels: readonly string[];
  readonly arcs: readonly Arc[];
};

/** Reads rows in any order. */
export const readGraphRows = (rows: Iterable<ConnectionRowView>): GraphRows => {
  const ends = new Numbers();
  const labels = new Numbers();
  const arcs: Arc[] = [];
  for (const row of rows) {
    arcs.push({
      from: ends.of(row.source),
      to: ends.of(row.destination),
      label: labels.of(labelOf(row)),
    });
  }
  return { ends: ends.names.map(endOf), labels: labels.names, arcs };
};

/** Numbers of names, from 0 in order of appearance. */
export class Numbers {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();

  of(name: string): number {
    return memo(this.#numbers, name, () => this.names.push(name) - 1);
  }
}

const labelOf = ({ connections, undetermined }: ConnectionRowView): string => {
  if (undetermined === "") return connections;
  return connections === noSide
    ? `undetermined: ${undetermined}`
    : `${connections}, undetermined: ${undetermined}`;
};

const endOf = (name: string): GraphEnd => {
  const range = rangeOf(name);
  return range === undefined
    ? { name, namespace: name.slice(0, name.indexOf("/")) }
    : { name, namespace: "", range };
};

const rangeOf = (name: string): IpRange | undefined => {
  const parts = /^([0-9a-f.:]+)-([0-9a-f.:]+)\[External\]$/.exec(name);
  const [first, last] = [parseIp(parts?.[1] ?? ""), parseIp(parts?.[2] ?? "")];
  return first === undefined || last === undefined
    ? undefined
    : { family: first.family, first: first.value, last: last.value };
};
