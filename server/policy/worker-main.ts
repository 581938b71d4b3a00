import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { policyNiceness } from "./limits.js";
import { PolicyResponder } from "./responder.js";
import type { WorkerMessage, WorkerReply } from "./worker-messages.js";

/**
 * The server goes first: it gets the processor when both want it, and lives on when memory is short (1000 would be the most
 * willing to go). Running out of memory leaves no copy of it behind.
 */
const stepBack = (): void => {
  const steps = [
    () => setPriority(policyNiceness),
    () => writeFileSync("/proc/self/oom_score_adj", "700"),
    () => writeFileSync("/proc/self/coredump_filter", "0"),
  ];
  for (const step of steps) {
    try {
      step();
    } catch {
      // The system does not have it, or does not allow it: then all are equal.
    }
  }
};

stepBack();
const responder = new PolicyResponder();
process.on("message", (message) => {
  void responder.respond(message as WorkerMessage).then((reply: WorkerReply) => {
    process.send?.(reply);
  });
});
// Only the server ends it: a signal to the whole group leaves the last answers time.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit(0));
