import type { AgentInput, AgentOutput } from "../../agent/session/protocol.js";
import type { AgentMessage, PlanEntry, ResultBatch } from "../../common/agent-stream.js";
import type { ServerInput, ServerOutput } from "../../server/session/server-core.js";
import type { AgentPort } from "./sim-agent.js";
import type { ServerPort } from "./sim-server.js";
import type { SimMutation } from "./sim-world.js";

/** A protocol bug that a checker must find. */
export type SimMutant = {
  readonly name: string;
  /** The checker that has to find it. */
  readonly checker: string;
  /** Faults that the bug needs to show itself. */
  readonly faults: readonly string[];
  readonly mutation: SimMutation;
};

type ServerStep = (input: ServerInput, step: ServerPort["step"]) => readonly ServerOutput[];
type AgentStep = (input: AgentInput, step: AgentPort["step"]) => AgentOutput[];

const serverWith =
  (create: () => ServerStep) =>
  (port: ServerPort): ServerPort => {
    const step = create();
    return { ...port, step: (input) => step(input, port.step) };
  };

const agentWith =
  (create: () => AgentStep) =>
  (port: AgentPort): AgentPort => {
    const step = create();
    return {
      step: (input) => step(input, (inner) => port.step(inner)),
      status: () => port.status(),
      nextDeadlineMs: () => port.nextDeadlineMs(),
    };
  };

/** Which stream each agent's Hello came on. */
const trackStreams = (streams: Map<string, number>, input: ServerInput): void => {
  if (input.kind === "message" && input.message.kind === "hello") {
    streams.set(input.message.hello.agentId, input.stream);
  }
};

const ackBeforeAppend = (): ServerStep => {
  const streams = new Map<string, number>();
  return (input, step) => {
    trackStreams(streams, input);
    return step(input).flatMap((output): ServerOutput[] => {
      const { kind } = output;
      if (kind !== "append" || output.record.kind !== "results") return [output];
      const stream = streams.get(output.record.agentId) ?? 0;
      return [output, { kind: "send", stream, message: { kind: "ack", seq: output.record.seq } }];
    });
  };
};

const applyTwice = (): ServerStep => {
  let count = 0;
  return (input, step) =>
    step(input).flatMap((output): ServerOutput[] => {
      if (output.kind !== "apply") return [output];
      count += 1;
      return count % 500 === 0 ? [output, output] : [output];
    });
};

/** Says that a record is in the log without writing it. */
const skipAppends = (
  isSkipped: (output: ServerOutput & { kind: "append" }) => boolean,
): ServerStep => {
  let nowMs = 0;
  return (input, step) => {
    if ("nowMs" in input) nowMs = input.nowMs;
    const outputs: ServerOutput[] = [];
    const pending = [...step(input)];
    for (let output = pending.shift(); output !== undefined; output = pending.shift()) {
      if (output.kind === "append" && isSkipped(output)) {
        pending.push(...step({ kind: "appended", token: output.token, nowMs }));
      } else {
        outputs.push(output);
      }
    }
    return outputs;
  };
};

/** Takes the agent for up to date after a push that it never sent: the queued newest plan is forgotten. */
const forgetCoalesced = (): ServerStep => (input, step) => {
  const outputs = step(input);
  if (input.kind !== "message" || input.message.kind !== "plan_ack") return outputs;
  return outputs.flatMap((output): readonly ServerOutput[] => {
    if (output.kind !== "push_plan") return [output];
    const { nonce, revision } = output.plan;
    return output.streams.flatMap((stream) =>
      step({ ...input, stream, message: { kind: "plan_ack", nonce, revision } }),
    );
  });
};

const nackLoop = (): ServerStep => {
  const pushed = new Map<number, ServerOutput & { kind: "push_plan" }>();
  return (input, step) => {
    if (input.kind === "message" && input.message.kind === "plan_nack") {
      const again = pushed.get(input.stream);
      return again === undefined ? [] : [{ ...again, streams: [input.stream] }];
    }
    const outputs = step(input);
    for (const output of outputs) {
      if (output.kind !== "push_plan") continue;
      for (const stream of output.streams) pushed.set(stream, output);
    }
    return outputs;
  };
};

/** Ticks as if the loop had never stood still. */
const ignoreStalls = (): ServerStep => {
  let lastMs = 0;
  return (input, step) => {
    const outputs: ServerOutput[] = [];
    if ("nowMs" in input && "wallMs" in input) {
      for (let atMs = lastMs + 200; lastMs > 0 && atMs < input.nowMs; atMs += 200) {
        const wallMs = input.wallMs - (input.nowMs - atMs);
        outputs.push(...step({ kind: "tick", nowMs: atMs, wallMs, loopDelayMs: 0 }));
      }
      lastMs = input.nowMs;
    }
    outputs.push(...step(input.kind === "tick" ? { ...input, loopDelayMs: 0 } : input));
    return outputs;
  };
};

const withoutOutputs =
  (isLeftOut: (output: ServerOutput) => boolean) => (): ServerStep => (input, step) =>
    step(input).filter((output) => !isLeftOut(output));

/** Sends one batch in twenty a second time under the next number. */
const sendTwice = (): AgentStep => {
  let shift = 0;
  let sent = 0;
  let lastSeq = 0;
  const shifted = (message: AgentMessage): AgentMessage[] => {
    if (message.kind === "gap") {
      return [{ kind: "gap", gap: { ...message.gap, seq: message.gap.seq + shift } }];
    }
    if (message.kind === "hello") {
      const { first, last } = message.hello.unacked;
      const unacked = { first: first + shift, last: last + shift };
      return [{ kind: "hello", hello: { ...message.hello, unacked } }];
    }
    if (message.kind !== "results") return [message];
    const first: ResultBatch = { ...message.batch, seq: message.batch.seq + shift };
    const isNew = first.seq > lastSeq;
    lastSeq = Math.max(lastSeq, first.seq);
    sent += 1;
    if (sent % 20 !== 0 || !isNew) return [{ kind: "results", batch: first }];
    shift += 1;
    lastSeq += 1;
    const second = { ...first, seq: first.seq + 1 };
    return [
      { kind: "results", batch: first },
      { kind: "results", batch: second },
    ];
  };
  return (input, step) => {
    let inner = input;
    if (input.kind === "message" && input.message.kind === "ack") {
      inner = { ...input, message: { kind: "ack", seq: Math.max(0, input.message.seq - shift) } };
    }
    return step(inner).flatMap((output): AgentOutput[] =>
      output.kind === "send"
        ? shifted(output.message).map((message) => ({ kind: "send" as const, message }))
        : [output],
    );
  };
};

const mapSends =
  (change: (message: AgentMessage) => AgentMessage) => (): AgentStep => (input, step) =>
    step(input).map((output) =>
      output.kind === "send" ? { kind: "send", message: change(output.message) } : output,
    );

/** Sends a batch again without its last result. */
const shrinkResent = (): AgentStep => {
  let lastSeq = 0;
  return mapSends((message) => {
    if (message.kind !== "results") return message;
    const { batch } = message;
    const count = batch.columns.targetId.length;
    const again = batch.seq <= lastSeq;
    lastSeq = Math.max(lastSeq, batch.seq);
    if (!again || count < 2) return message;
    const cut = (column: ArrayLike<number>): number[] => Array.from(column).slice(0, count - 1);
    const { targetId, timeDeltaUs, rttUs, outcome, baseUnixUs, details } = batch.columns;
    const columns = {
      baseUnixUs,
      targetId: cut(targetId),
      timeDeltaUs: cut(timeDeltaUs),
      rttUs: cut(rttUs),
      outcome: cut(outcome),
      details: details.filter((detail) => detail.index < count - 1),
    };
    return { kind: "results", batch: { ...batch, columns } };
  })();
};

/** Takes more credit than it has: what shrinks it is not heard. */
const ignoreWindow = (): AgentStep => (input, step) =>
  input.kind === "message" && input.message.kind === "window" ? [] : step(input);

/** Pushes the same plan once more, under another nonce, before the first is answered. */
const pushTwice = (): ServerStep => {
  let nonce = 1_000_000;
  return (input, step) =>
    step(input).flatMap((output): ServerOutput[] => {
      if (output.kind !== "push_plan") return [output];
      nonce += 1;
      return [output, { ...output, plan: { ...output.plan, nonce } }];
    });
};

/** Keeps running what a difference removed. */
const keepRemoved = (): AgentStep => {
  let former: readonly PlanEntry[] = [];
  return (input, step) =>
    step(input).map((output) => {
      if (output.kind !== "apply_plan") return output;
      const ids = new Set(output.entries.map((entry) => entry.id));
      const isDifference =
        input.kind === "message" &&
        input.message.kind === "plan" &&
        input.message.plan.baseRevision !== undefined;
      const kept = isDifference ? former.filter((entry) => !ids.has(entry.id)) : [];
      former = [...output.entries, ...kept];
      return { ...output, entries: former };
    });
};

/** Sends ids of a former epoch as if they were of this one. */
const forgetDictionary = (): AgentStep => {
  let epoch = "";
  return (input, step) => {
    if (input.kind === "message" && input.message.kind === "welcome") {
      epoch = input.message.welcome.serverEpoch;
    }
    return mapSends((message) =>
      message.kind === "results"
        ? { kind: "results", batch: { ...message.batch, serverEpoch: epoch, dictionary: [] } }
        : message,
    )()(input, step);
  };
};

/** Stamps results with the agent's own clock. */
const ownClock = (): AgentStep => {
  let skewMs = 0;
  return (input, step) => {
    if (input.kind === "message" && input.message.kind === "welcome") {
      skewMs = input.wallMs - input.message.welcome.serverTimeMs;
    }
    return mapSends((message) => {
      if (message.kind !== "results" || skewMs > 0) return message;
      const baseUnixUs = message.batch.columns.baseUnixUs + skewMs * 1000;
      const columns = { ...message.batch.columns, baseUnixUs };
      return { kind: "results", batch: { ...message.batch, columns } };
    })()(input, step);
  };
};

/** Keeps what is measured without a session in a list of its own, without a bound. */
const unboundedSpool = (port: AgentPort): AgentPort => {
  let held: (AgentInput & { kind: "measured" })[] = [];
  const count = (): number => held.reduce((sum, input) => sum + input.results.length, 0);
  return {
    step: (input) => {
      if (input.kind === "measured" && !port.status().connected) {
        held.push(input);
        return [];
      }
      const outputs = port.step(input);
      if (!port.status().connected || held.length === 0) return outputs;
      const late = held;
      held = [];
      return [...outputs, ...late.flatMap((waiting) => port.step(waiting))];
    },
    status: () => {
      const status = port.status();
      const openResults = status.openResults + count();
      const measuredResults = status.measuredResults + count();
      const spooledBytes = status.spooledBytes + 464 * count();
      return { ...status, openResults, measuredResults, spooledBytes };
    },
    nextDeadlineMs: () => port.nextDeadlineMs(),
  };
};

const loseSomeMeasured = (): AgentStep => {
  let count = 0;
  return (input, step) => {
    if (input.kind !== "measured") return step(input);
    count += 1;
    return step(count % 30 === 0 ? { ...input, results: input.results.slice(1) } : input);
  };
};

/** The bugs that the simulation is shown to find. */
export const simMutants: readonly SimMutant[] = [
  {
    name: "the server acknowledges before the log has it",
    checker: "results",
    faults: [],
    mutation: { server: serverWith(ackBeforeAppend) },
  },
  {
    name: "the server forgets the log's marks when it starts",
    checker: "results",
    faults: ["server killed"],
    mutation: {
      server: serverWith(
        () => (input, step) =>
          step(input.kind === "recovered" ? { kind: "recovered", marks: [] } : input),
      ),
    },
  },
  {
    name: "the server counts a batch twice",
    checker: "results",
    faults: [],
    mutation: { server: serverWith(applyTwice) },
  },
  {
    name: "the server never writes what it acknowledges",
    checker: "results",
    faults: [],
    mutation: {
      server: serverWith(() => {
        let count = 0;
        return skipAppends(() => ++count % 200 === 0);
      }),
    },
  },
  {
    name: "the server hides what a former one lost",
    checker: "results",
    faults: ["server killed, log lost"],
    mutation: {
      server: serverWith(() =>
        skipAppends(({ record }) => record.kind === "gap" && record.reason === "server_lost"),
      ),
    },
  },
  {
    name: "the server forgets the newest plan while one is outstanding",
    checker: "plans",
    faults: ["latency spike", "settings change", "machines down"],
    mutation: { server: serverWith(forgetCoalesced) },
  },
  {
    name: "the server sends a refused plan again",
    checker: "plans",
    faults: ["plan refused"],
    mutation: { server: serverWith(nackLoop) },
  },
  {
    name: "the server pushes a plan before the former one is answered",
    checker: "plans",
    faults: [],
    mutation: { server: serverWith(pushTwice) },
  },
  {
    name: "the server calls dead agents up",
    checker: "liveness",
    faults: ["agents killed"],
    mutation: {
      server: (port) => ({
        ...port,
        agent: (agentId) => {
          const view = port.agent(agentId);
          return view && { ...view, state: "up" };
        },
      }),
    },
  },
  {
    name: "the server calls agents lost because it stood still",
    checker: "liveness",
    faults: ["server stall", "server stall", "server stall", "server stall"],
    mutation: { server: serverWith(ignoreStalls) },
  },
  {
    name: "the server leaves the old stream open beside the new one",
    checker: "sessions",
    faults: ["partition", "agents frozen", "machines down"],
    mutation: {
      server: serverWith(
        withoutOutputs((output) => output.kind === "close" && output.code === "aborted"),
      ),
    },
  },
  {
    name: "the server never ends a run whose agent went away",
    checker: "runs",
    faults: ["whole network down"],
    mutation: {
      server: serverWith(
        withoutOutputs(
          (output) => output.kind === "run_finished" && output.result.kind === "failed",
        ),
      ),
    },
  },
  {
    name: "the agent sends a batch twice under two numbers",
    checker: "results",
    faults: [],
    mutation: { agent: agentWith(sendTwice) },
  },
  {
    name: "the agent sends less when it sends again",
    checker: "results",
    faults: ["stream resets", "failing log", "server killed"],
    mutation: { agent: agentWith(shrinkResent) },
  },
  {
    name: "the agent loses a result without counting it",
    checker: "results",
    faults: [],
    mutation: { agent: agentWith(loseSomeMeasured) },
  },
  {
    name: "the agent drops the oldest without saying how many",
    checker: "results",
    faults: ["spool flood"],
    mutation: {
      agent: agentWith(
        mapSends((message) =>
          message.kind === "gap" ? { kind: "gap", gap: { ...message.gap, dropped: 0 } } : message,
        ),
      ),
    },
  },
  {
    name: "the agent's spool has no bound",
    checker: "memory",
    faults: ["spool flood"],
    mutation: { agent: unboundedSpool },
  },
  {
    name: "the agent sends without credit",
    checker: "memory",
    faults: ["server stall", "server stall", "slow log"],
    mutation: { agent: agentWith(ignoreWindow) },
  },
  {
    name: "the agent takes ids of a former epoch for ids of this one",
    checker: "results",
    faults: ["server killed", "server machine down"],
    mutation: { agent: agentWith(forgetDictionary) },
  },
  {
    name: "the agent stamps results with its own clock",
    checker: "time",
    faults: [],
    mutation: { agent: agentWith(ownClock) },
  },
  {
    name: "the agent keeps what a difference removes",
    checker: "plans",
    faults: ["agents leave", "agents leave", "agents leave"],
    mutation: { agent: agentWith(keepRemoved) },
  },
  {
    name: "the agent connects again without a pause",
    checker: "sessions",
    faults: ["server killed"],
    mutation: { agentRandom: () => ({ next: () => 0 }) },
  },
];
