// A worker for tests of how workers are kept: it does what the manifests of a question say.

import { writeSync } from "node:fs";

/** How often the files were loaded. */
let loads = 0;

const acts = {
  /** Says who answers, and what was asked. */
  echo: (question) => reply({ kind: "answer", answer: { pid: process.pid, loads, question } }),
  refuse: ({ pair }) =>
    reply({ kind: "refusal", refusal: { fault: pair.source, message: pair.destination } }),
  silent: () => undefined,
  spin: () => {
    for (;;);
  },
  grow: () => {
    // A map that outgrows its memory ends the whole process, which a thread would not survive alone.
    const kept = new Map();
    for (let index = 0; ; index++) kept.set(`key ${index}`, index);
  },
  throw: () => {
    throw new Error("a bug of the worker");
  },
  exit: () => process.exit(7),
  shout: () => {
    writeSync(2, "x".repeat(50_000));
    writeSync(2, "the last words");
    process.exit(7);
  },
};

const reply = (message) => process.send(message);

process.on("message", (message) => {
  if (message.kind === "load") {
    loads++;
    if (message.path.endsWith("grow")) acts.grow();
    if (message.path.endsWith("stuck")) acts.spin();
    const outcome = { kind: "unchanged" };
    reply({ kind: "loaded", load: { folders: [], outcome } });
    return;
  }
  const { question } = message;
  // Questions to the live model say it in the name of their source.
  const act = question.manifests === "" ? question.pair.source : question.manifests;
  (acts[act.split(" ")[0]] ?? acts.echo)(question);
});
process.on("disconnect", () => process.exit(0));
