// The process of a host in a lab: the agent's probes and responder, asked over IPC. Ends when its test does.

import { setMaxListeners } from "node:events";
import type { ProbeContext } from "../../agent/probe/probe.js";
import { createProbeTable } from "../../agent/probe/probe-table.js";
import { createResponder, type Responder } from "../../agent/responder/responder.js";
import { systemClock } from "../../common/clock.js";
import { silentLogger } from "../../common/logger.js";
import { createSeededRandom, systemRandom } from "../../common/random.js";
import { startBadServer } from "./bad-server.js";
import type { AgentOptions, HostAnswer, HostMessage, HostQuestion } from "./host-messages.js";

const withoutAddon = { available: false, reason: "net-ping is asked for" } as const;
const { engine, seed } = JSON.parse(process.argv[2] ?? "{}") as AgentOptions;
const random = seed === undefined ? systemRandom : createSeededRandom(seed);
const probes = await createProbeTable({
  clock: systemClock,
  random,
  ...(engine === "net-ping" ? { loadAddon: () => withoutAddon } : {}),
});
const { signal } = new AbortController();
// One listener a probe in flight is no leak.
setMaxListeners(0, signal);
const context: ProbeContext = {
  signal,
  clock: systemClock,
  random,
  self: { podUid: "", podIps: [] },
};

let responder: Responder | undefined;

const answer = async (question: HostQuestion): Promise<unknown> => {
  switch (question.kind) {
    case "hello":
      return probes.engine;
    case "unavailable":
      return probes.unavailable;
    case "probe":
      return await probes.table[question.spec.kind](question.spec, {
        ...context,
        self: { podUid: "", podIps: question.podIps ?? [] },
      });
    case "probes":
      return await Promise.all(
        question.specs.map((spec) => probes.table[spec.kind](spec, context)),
      );
    case "respond": {
      const { addresses, port, podUid } = question.options;
      const identity = {
        podUid,
        pod: "lab",
        namespace: "lab",
        node: "lab",
        agentId: "lab",
        version: "0",
      };
      responder = await createResponder({
        addresses,
        port,
        identity,
        logger: silentLogger,
        clock: systemClock,
      });
      return undefined;
    }
    case "stop-responding":
      return await responder?.close();
    case "serve-badly":
      return await startBadServer(question.options);
  }
};

process.on("message", ({ id, question }: HostMessage) => {
  answer(question).then(
    (value) => reply({ id, value }),
    (error: unknown) =>
      reply({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));

const reply = (message: HostAnswer): void => {
  process.send?.(message);
};
