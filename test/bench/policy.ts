import { createFigures } from "./figures.js";
import { benchPolicyCli } from "./policy-cli.js";
import { benchPolicyEngine } from "./policy-engine.js";

/** The policy engine on large clusters, and whole runs of the command line against a peer. */
const figures = createFigures("policy");
await benchPolicyEngine(figures);
benchPolicyCli(figures);
figures.write();
