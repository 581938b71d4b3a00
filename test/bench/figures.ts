import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

/** One figure of a benchmark run. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What we aim at, such as "<= 75". */
  readonly goal?: string;
  /** What it is compared with, measured in the same run. */
  readonly peer?: string;
  /** How many times better than the peer. */
  readonly ratio?: number;
};

const round = (value: number): number => Number(value.toPrecision(4));

/** Collects the figures of one benchmark; prints each as it comes and writes them all as JSON at the end. */
export const createFigures = (bench: string) => {
  const figures: Figure[] = [];
  return {
    add: (figure: Figure): void => {
      figures.push(figure);
      const notes = [
        figure.goal === undefined ? undefined : `goal ${figure.goal}`,
        figure.peer === undefined ? undefined : `peer ${figure.peer}`,
        figure.ratio === undefined ? undefined : `ratio ${round(figure.ratio)}`,
      ].filter((note) => note !== undefined);
      const tail = notes.length > 0 ? ` (${notes.join("; ")})` : "";
      console.log(`${figure.name} ${round(figure.value)} ${figure.unit}${tail}`);
    },
    write: (): void => {
      const folder = new URL("../../bench/out/", import.meta.url);
      mkdirSync(folder, { recursive: true });
      const machine = {
        node: process.version,
        cpus: cpus().length,
        model: cpus()[0]?.model ?? "unknown",
        memory_bytes: totalmem(),
      };
      writeFileSync(
        new URL(`${bench}.json`, folder),
        `${JSON.stringify({ bench, at: new Date().toISOString(), machine, figures }, null, 2)}\n`,
      );
    },
  };
};
