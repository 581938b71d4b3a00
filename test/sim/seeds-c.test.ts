// One of four files that share the seeds, so that vitest runs them on several cores.
import { describeSeeds } from "../support/sim-seeds.js";

describeSeeds(2);
