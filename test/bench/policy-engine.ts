import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { createFigures, Figure } from "./figures.js";
import { largeShape, realShape, type Shape } from "./policy-shape.js";

/** Workloads of the growth series: one pod each, a twentieth as many namespaces, half as many policies. */
const growth = [100, 300, 1_000, 3_000, 10_000];

/** The engine on the shape of a real large cluster and on 10,000 pods, and how its matrix grows. */
export const benchPolicyEngine = async (
  figures: ReturnType<typeof createFigures>,
): Promise<void> => {
  await run("real", "whole", realShape);
  await run("large", "whole", largeShape);
  for (const workloads of growth) {
    const shape = {
      pods: workloads,
      namespaces: Math.ceil(workloads / 20),
      policies: workloads / 2,
      replicasMax: 1,
    };
    await run(`growth_${workloads}`, "matrix", shape);
  }

  async function run(name: string, mode: string, shape: Shape): Promise<void> {
    for (const figure of await measured(name, mode, shape)) figures.add(figure);
  }
};

const measured = (name: string, mode: string, shape: Shape): Promise<readonly Figure[]> =>
  new Promise((resolve, reject) => {
    const { pods, namespaces, policies, replicasMax } = shape;
    const sizes = [pods, namespaces, policies, replicasMax].map(String);
    const path = fileURLToPath(new URL("policy-engine-run.ts", import.meta.url));
    const child = fork(path, [name, mode, ...sizes], {
      execArgv: ["--expose-gc", "--import", "tsx"],
    });
    let figures: readonly Figure[] = [];
    child.on("message", (message) => {
      figures = message as readonly Figure[];
    });
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve(figures) : reject(new Error(`${path} ${name} ended with ${code}`)),
    );
  });
