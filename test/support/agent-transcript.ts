import type { AgentOutput, Measured } from "../../agent/session/protocol.js";
import type {
  AgentMessage,
  PlanEntry,
  ResultBatch,
  ServerMessage,
  StatusCode,
} from "../../common/agent-stream.js";
import { computePlanHash } from "../../common/plan-hash.js";
import type { ProbeSpec } from "../../common/probe.js";
import { AgentRig, entryOf, measuredOf, planOf, sha256 } from "./agent-rig.js";
import { playTranscript } from "./transcript.js";

/**
 * Plays a transcript against a real AgentCore. Lines that start with "> " are commands and "#" are comments; all other
 * lines are what the core put out, written anew. A command is a word, then words and name=value pairs.
 *
 *   new                              another agent (chance always says 0.5)
 *   tick [MS] [delay=US]             let time pass, tick once
 *   wait MS                          let time pass, tick whenever the core asks for it
 *   wall MS                          the wall clock jumps
 *   welcome [epoch= ack= hb= window=BATCHES/BYTES results= bytes= runs= skew=MS version=]
 *   plan full|base=N rev=N [entries=ID:KEY,…] [removes=ID,…] [hash=bad]
 *   ack SEQ · window BATCHES/BYTES · heartbeat [skew=MS] · drain MS REASON
 *   run ID [probes=N] [deadline=MS] · cancel ID · unknown WHAT · unsupported WHAT
 *   measured COUNT [id= epoch= age=MS outcome= detail=]     ids 1 to 4 in turn, unless told
 *   run-done ID [error=WHAT] · token TEXT · blocked · writable · stop REASON
 *   closed CODE [retry=MS] [MESSAGE …]
 *   status
 */
export const playAgentTranscript = (text: string): string => {
  const player = new Player();
  return playTranscript(text, (command) => player.play(command));
};

type Arguments = { readonly words: readonly string[]; readonly named: ReadonlyMap<string, string> };

const parseArguments = (texts: readonly string[]): Arguments => {
  const words: string[] = [];
  const named = new Map<string, string>();
  for (const text of texts) {
    const equals = /^[a-z]+=/.exec(text);
    if (equals === null) words.push(text);
    else named.set(equals[0].slice(0, -1), text.slice(equals[0].length));
  }
  return { words, named };
};

class Player {
  #rig = new AgentRig();
  /** Entries of the last plan that was pushed, for the hash of a difference. */
  #entries = new Map<number, PlanEntry>();

  play(line: string): string[] {
    const [command = "", ...texts] = line.trim().split(/ +/);
    const args = parseArguments(texts);
    if (command === "status") return [statusLine(this.#rig)];
    return this.#outputs(command, args).map(outputLine);
  }

  #outputs(command: string, args: Arguments): AgentOutput[] {
    const rig = this.#rig;
    const { words, named } = args;
    const number = (name: string, otherwise: number): number =>
      named.has(name) ? Number(named.get(name)) : otherwise;
    const first = words[0] ?? "";
    const { nowMs } = rig;
    switch (command) {
      case "new":
        this.#rig = new AgentRig();
        this.#entries = new Map();
        return [];
      case "tick":
        return rig.tick(Number(first || 0), number("delay", 0));
      case "wait":
        return rig.wait(Number(first));
      case "wall":
        rig.wallBaseMs += Number(first);
        return [];
      case "measured":
        return rig.measured(measuredFrom(args, nowMs));
      case "run-done": {
        const error = named.get("error") ?? "";
        const done = { outcome: "ok", rttUs: 150, detail: "", measuredAtUnixMs: 7 } as const;
        const results = error === "" ? [done] : [];
        return rig.step({ kind: "run_done", requestId: first, results, error, nowMs });
      }
      case "token":
        return rig.step({ kind: "token", token: first, nowMs });
      case "blocked":
        return rig.step({ kind: "blocked", nowMs });
      case "writable":
        return rig.step({ kind: "writable", nowMs, wallMs: rig.wallMs });
      case "stop":
        return rig.stop(words.join(" "));
      case "closed": {
        const retry = named.has("retry") ? number("retry", 0) : undefined;
        return rig.closed(first as StatusCode, words.slice(1).join(" "), retry);
      }
      default:
        return rig.message(this.#serverMessage(command, args));
    }
  }

  #serverMessage(command: string, { words, named }: Arguments): ServerMessage {
    const text = (name: string, otherwise: string): string => named.get(name) ?? otherwise;
    const number = (name: string, otherwise: number): number =>
      Number(named.get(name) ?? otherwise);
    const first = words[0] ?? "";
    const serverTimeMs = this.#rig.wallMs + number("skew", 0);
    switch (command) {
      case "welcome":
        return {
          kind: "welcome",
          welcome: {
            serverEpoch: text("epoch", "e1"),
            sessionId: "s",
            sessionGeneration: 1,
            ackSeq: number("ack", 0),
            durability: "memory",
            heartbeatMs: number("hb", 5000),
            window: windowFrom(text("window", "8/100000")),
            limits: {
              messageBytesMax: number("bytes", 262_144),
              batchResultsMax: number("results", 100),
              runsMax: number("runs", 2),
            },
            serverTimeMs,
            protocolVersion: number("version", 1),
            features: [],
          },
        };
      case "plan":
        return { kind: "plan", plan: this.#plan(named) };
      case "ack":
        return { kind: "ack", seq: Number(first) };
      case "window":
        return { kind: "window", window: windowFrom(first) };
      case "heartbeat":
        return { kind: "heartbeat", serverTimeMs };
      case "drain":
        return { kind: "drain", reconnectAfterMs: Number(first), reason: words[1] ?? "" };
      case "run":
        return {
          kind: "run",
          requestId: first,
          probes: Array.from({ length: number("probes", 1) }, () => probe),
          vantage: "agent",
          deadlineUnixMs: serverTimeMs + number("deadline", 2000),
        };
      case "cancel":
        return { kind: "cancel_run", requestId: first };
      case "unknown":
        return { kind: "unknown", what: words.join(" ") };
      case "unsupported":
        return { kind: "unsupported", what: words.join(" ") };
      default:
        throw new Error(`unknown command: ${command}`);
    }
  }

  #plan(named: ReadonlyMap<string, string>) {
    const revision = Number(named.get("rev"));
    const upserts = listFrom(named.get("entries")).map((item) => {
      const [id = "", ...key] = item.split(":");
      const address = key.includes("noaddress") ? { probe: { ...probe, address: "" } } : {};
      return entryOf(Number(id), key[0] ?? "", address);
    });
    const removes = listFrom(named.get("removes")).map(Number);
    const base = named.get("base");
    const entries = new Map(base === undefined ? [] : this.#entries);
    for (const id of removes) entries.delete(id);
    for (const entry of upserts) entries.set(entry.id, entry);
    const isBad = named.get("hash") === "bad";
    const hash = isBad ? "00" : computePlanHash(entries.values(), sha256);
    if (!isBad) this.#entries = entries;
    const baseRevision = base === undefined ? undefined : Number(base);
    return { ...planOf(revision, upserts), baseRevision, removes, hash };
  }
}

const probe: ProbeSpec = {
  kind: "tcp",
  address: "127.1.0.2",
  port: 22,
  timeoutMs: 1500,
  hostName: "",
  httpPath: "",
  expectPodUid: "",
};

const listFrom = (text: string | undefined): string[] =>
  text === undefined || text === "" ? [] : text.split(",");

const windowFrom = (text: string) => {
  const [batches = "0", bytes = "100000"] = text.split("/");
  return { batches: Number(batches), bytes: Number(bytes) };
};

const measuredFrom = ({ words, named }: Arguments, nowMs: number): Measured[] => {
  const epoch = named.get("epoch") ?? "e1";
  const sentAtMs = nowMs - Number(named.get("age") ?? 0);
  const detail = named.get("detail") ?? "";
  const isOk = named.get("outcome") === undefined;
  return Array.from({ length: Number(words[0] ?? 1) }, (_, i) => {
    const measured = measuredOf(Number(named.get("id") ?? 1 + (i % 4)), sentAtMs, { epoch });
    const { rttUs } = measured.result;
    const result = isOk
      ? ({ outcome: "ok", rttUs, detail } as const)
      : ({ outcome: "timeout", rttUs: undefined, detail } as const);
    return { ...measured, result };
  });
};

const statusLine = (rig: AgentRig): string => {
  const s = rig.status;
  const results = `measured ${s.measuredResults} = open ${s.openResults} + spooled ${s.spooledResults} + unacked ${s.unackedResults} + acked ${s.ackedResults} + dropped ${s.droppedResults}`;
  const dueMs = rig.core.nextDeadlineMs() - rig.nowMs;
  return `status ${s.connected ? "connected" : "not connected"}, epoch ${s.serverEpoch || "-"}, revision ${s.revision}, ${s.planEntries} entries, ${s.spooledBatches} spooled, ${s.unackedBatches} unacked, offset ${s.clockOffsetUs} us, ${s.reconnects} reconnects; ${results}; due in ${dueMs} ms`;
};

const outputLine = (output: AgentOutput): string => {
  switch (output.kind) {
    case "open":
      return "open";
    case "send":
      return `send ${messageLine(output.message)}`;
    case "close":
      return output.graceful ? "close gracefully" : "close";
    case "apply_plan": {
      const keys = output.entries.map((entry) => `${entry.id}:${entry.key}`).join(" ");
      return `apply_plan ${output.epoch}/${output.revision} ${keys || "(empty)"}`;
    }
    case "start_run":
      return `start_run ${output.requestId}, ${output.probes.length} probes, ${output.timeoutMs} ms`;
    case "cancel_run":
      return `cancel_run ${output.requestId}`;
    case "exit":
      return `exit ${output.code} ${output.message}`;
    case "log":
      return `log ${output.level} ${output.message} ${JSON.stringify(output.fields)}`;
  }
};

const messageLine = (message: AgentMessage): string => {
  switch (message.kind) {
    case "hello": {
      const { agentId, bootId, applied, unacked, spooled } = message.hello;
      const plan = applied ? `${applied.serverEpoch}/${applied.revision}` : "none";
      return `hello ${agentId} ${bootId}, applied ${plan}, unacked ${unacked.first}..${unacked.last}, spooled ${spooled.batches} since ${spooled.oldestMs} ms`;
    }
    case "results":
      return `results ${batchLine(message.batch)}`;
    case "gap": {
      const { seq, dropped, reason, fromUnixMs, toUnixMs } = message.gap;
      return `gap seq ${seq}, ${dropped} dropped over ${toUnixMs - fromUnixMs} ms, ${reason}`;
    }
    case "heartbeat": {
      const { loopDelayUs, spooled } = message;
      return `heartbeat, delay ${loopDelayUs} us, spooled ${spooled.batches} since ${spooled.oldestMs} ms`;
    }
    case "run_outcome": {
      const { requestId, results, error } = message.outcome;
      return `run_outcome ${requestId}, ${results.length} results${error && `, error: ${error}`}`;
    }
    default:
      return Object.values(message).join(" ");
  }
};

const batchLine = ({ seq, serverEpoch, columns, dictionary }: ResultBatch): string => {
  const count = columns.targetId.length;
  const base = new Date(columns.baseUnixUs / 1000).toISOString();
  const shown = Math.min(count, 5);
  const results = Array.from({ length: shown }, (_, i) => {
    const rtt = columns.rttUs[i] === 0 ? "-" : columns.rttUs[i];
    return `${columns.targetId[i]}@${columns.timeDeltaUs[i]}:${columns.outcome[i]}:${rtt}`;
  });
  const rest = count > shown ? ` and ${count - shown} more` : "";
  const details = columns.details.map(({ index, text }) => ` [${index}] ${text}`).join("");
  const names = dictionary.map(({ id, key }) => `${id}=${key}`).join(" ");
  return `seq ${seq} of ${serverEpoch}, ${base}, ${count}: ${results.join(" ")}${rest}${details}${names && `, names ${names}`}`;
};
