import type {
  AgentMessage,
  Applied,
  NackReason,
  Plan,
  ServerMessage,
  StatusCode,
} from "../../common/agent-stream.js";
import type { AgentView, ControlOutput, StreamEnd } from "../../server/session/protocol.js";
import { anyPrincipal, ControlRig, type HelloChanges, rigTickMs, tcpProbe } from "./control-rig.js";
import { playTranscript } from "./transcript.js";

/**
 * Plays a transcript against a real ControlPlane. Lines that start with "> " are commands and "#" are comments; all
 * other lines are what the core put out, written anew. S is a stream's number. Chance always says 0.5.
 *
 *   new [epoch= lost=MS rssmax=B]   another server
 *   wait MS                         time passes, with ticks; outputs show after how long they came
 *   load UTILIZATION [rss=B]        what every tick says from now on
 *   stall MS                        time passes without anything, then a tick
 *   open S [node= expires=MS]       expires counts from now
 *   hello S AGENT [boot= ip= nodeip= uid= hb=S testport= port= service= proto=MIN-MAX unacked=F-L
 *                  applied=S (what was pushed last to stream S) | applied=EPOCH]
 *   join S AGENT …                  open and hello
 *   ack S [nonce= rev=] · nack S REASON [nonce= running=] ERROR …
 *   beat S [skew=MS spooled=N] · results S SEQ · gap S SEQ · token S TEXT · outcome S ID [results= error=]
 *   goodbye S REASON · unknown S WHAT · unsupported S WHAT · closed S END
 *   acked AGENT BOOT SEQ · credit BATCHES/BYTES · reject AGENT CODE WHY …
 *   run ID AGENT [probes= wait=MS] · cancel ID · drain REASON
 *   auth S [node= expires=MS] · noauth S WHY …
 *   agents · plan AGENT
 */
export const playControlTranscript = (text: string): string => {
  const player = new Player();
  return playTranscript(text, (command) => player.play(command));
};

type Arguments = {
  readonly words: readonly string[];
  readonly named: ReadonlyMap<string, string>;
};

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
  #rig = new ControlRig();

  play(line: string): string[] {
    const [command = "", ...texts] = line.trim().split(/ +/);
    const args = parseArguments(texts);
    switch (command) {
      case "new":
        this.#rig = new ControlRig({
          config: {
            serverEpoch: args.named.get("epoch") ?? "epoch-1",
            lostAfterMs: Number(args.named.get("lost") ?? 15_000),
            rssBytesMax: Number(args.named.get("rssmax") ?? Number.POSITIVE_INFINITY),
          },
        });
        return [];
      case "load":
        this.#rig.load = {
          loopUtilization: Number(args.words[0]),
          rssBytes: Number(args.named.get("rss") ?? 0),
        };
        return [];
      case "wait":
        return this.#wait(Number(args.words[0]));
      case "agents":
        return this.#rig.core.agents().map(agentLine);
      case "plan":
        return this.#planLines(args.words[0] ?? "");
      default:
        return this.#outputs(command, args).map(outputLine);
    }
  }

  #wait(ms: number): string[] {
    const lines: string[] = [];
    for (let passedMs = 0; passedMs < ms; ) {
      const partMs = Math.min(rigTickMs, ms - passedMs);
      passedMs += partMs;
      for (const output of this.#rig.wait(partMs)) {
        lines.push(`+${passedMs} ${outputLine(output)}`);
      }
    }
    return lines;
  }

  #planLines(agentId: string): string[] {
    const { core } = this.#rig;
    const entries = core.planFor(agentId).map(({ id, key, probe, intervalMs, agentId, node }) => {
      const { address, port, hostName, httpPath, expectPodUid } = probe;
      const details = [hostName, httpPath, expectPodUid].filter((text) => text !== "").join(" ");
      const skipped = agentId || (node && `node ${node}`) || "nobody";
      return `${id} ${key}: ${address}:${port} ${details} every ${intervalMs} ms, skipped by ${skipped}`;
    });
    return [`revision ${core.newestRevisionFor(agentId)}`, ...entries];
  }

  #outputs(command: string, args: Arguments): ControlOutput[] {
    const rig = this.#rig;
    const { words, named } = args;
    const [first = "", second = ""] = words;
    const stream = Number(first);
    const times = { nowMs: rig.nowMs, wallMs: rig.wallMs };
    switch (command) {
      case "stall":
        rig.nowMs += stream;
        return rig.tick(stream);
      case "open":
        return rig.open(stream, this.#principal(named));
      case "hello":
        return rig.hello(stream, second, this.#helloChanges(named));
      case "join":
        return rig.join(stream, second, this.#helloChanges(named));
      case "closed":
        return rig.closed(stream, second as StreamEnd);
      case "acked":
        return rig.step({
          kind: "acked",
          agentId: first,
          bootId: second,
          seq: Number(words[2]),
          nowMs: rig.nowMs,
        });
      case "credit": {
        const [batches, bytes] = first.split("/").map(Number);
        return rig.step({
          kind: "credit",
          batches: batches ?? 0,
          bytes: bytes ?? 0,
          nowMs: rig.nowMs,
        });
      }
      case "reject": {
        const why = words.slice(2).join(" ");
        return rig.step({
          kind: "rejected",
          agentId: first,
          code: second as StatusCode,
          why,
          ...times,
        });
      }
      case "run": {
        const probes = Array.from({ length: Number(named.get("probes") ?? 1) }, () => tcpProbe);
        return rig.run(first, second, Number(named.get("wait") ?? 2000), probes);
      }
      case "cancel":
        return rig.step({ kind: "cancel_run", requestId: first, nowMs: rig.nowMs });
      case "drain":
        return rig.step({ kind: "drain", reason: first, nowMs: rig.nowMs });
      case "auth": {
        const principal = { ...anyPrincipal, ...this.#principal(named) };
        return rig.step({ kind: "authenticated", stream, principal, why: "", ...times });
      }
      case "noauth": {
        const why = words.slice(1).join(" ");
        return rig.step({ kind: "authenticated", stream, principal: undefined, why, ...times });
      }
      default:
        return rig.message(stream, this.#agentMessage(command, args));
    }
  }

  #principal(named: ReadonlyMap<string, string>) {
    const expires = named.get("expires");
    return {
      method: "token" as const,
      node: named.get("node"),
      expiresUnixMs: expires === undefined ? undefined : this.#rig.wallMs + Number(expires),
    };
  }

  #helloChanges(named: ReadonlyMap<string, string>): HelloChanges {
    const text = <K extends string>(name: string, key: K) => {
      const value = named.get(name);
      return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
    };
    const number = <K extends string>(name: string, key: K) => {
      const value = named.get(name);
      return value === undefined ? {} : ({ [key]: Number(value) } as Record<K, number>);
    };
    const ip = named.get("ip");
    const [min = 1, max = 1] = (named.get("proto") ?? "1-1").split("-").map(Number);
    const [unackedFirst = 1, unackedLast = 0] = (named.get("unacked") ?? "1-0")
      .split("-")
      .map(Number);
    return {
      ...text("boot", "bootId"),
      protocol: { min, max },
      unacked: { first: unackedFirst, last: unackedLast },
      applied: this.#applied(named.get("applied")),
      identity: {
        ...(ip === undefined ? {} : { ips: [ip] }),
        ...text("nodeip", "nodeIp"),
        ...text("uid", "podUid"),
      },
      settings: {
        ...number("hb", "heartbeatIntervalS"),
        ...number("testport", "testPort"),
        ...number("port", "clientPort"),
        ...text("service", "customServiceName"),
      },
    };
  }

  #applied(text: string | undefined): Applied | undefined {
    if (text === undefined) return undefined;
    if (/^\d+$/.test(text)) return this.#rig.appliedOn(Number(text));
    return { serverEpoch: text, revision: 7, hash: "7".repeat(64) };
  }

  #agentMessage(command: string, { words, named }: Arguments): AgentMessage {
    const stream = Number(words[0]);
    const rest = words.slice(1).join(" ");
    const pushed = this.#rig.pushed.get(stream);
    const number = (name: string, otherwise: number): number =>
      Number(named.get(name) ?? otherwise);
    switch (command) {
      case "ack":
        return {
          kind: "plan_ack",
          nonce: number("nonce", pushed?.nonce ?? 0),
          revision: number("rev", pushed?.revision ?? 0),
        };
      case "nack":
        return {
          kind: "plan_nack",
          nonce: number("nonce", pushed?.nonce ?? 0),
          reason: words[1] as NackReason,
          error: words.slice(2).join(" "),
          runningRevision: number("running", 0),
        };
      case "beat":
        return {
          kind: "heartbeat",
          loopDelayUs: 0,
          clockUnixMs: this.#rig.wallMs + number("skew", 0),
          spooled: { batches: number("spooled", 0), oldestMs: 0 },
        };
      case "results":
        return {
          kind: "results",
          batch: {
            bootId: "b1",
            seq: Number(words[1]),
            serverEpoch: this.#rig.epoch,
            columns: {
              baseUnixUs: this.#rig.wallMs * 1000,
              targetId: [1],
              timeDeltaUs: [0],
              rttUs: [150],
              outcome: [1],
              details: [],
            },
            dictionary: [],
          },
        };
      case "gap":
        return {
          kind: "gap",
          gap: {
            bootId: "b1",
            seq: Number(words[1]),
            fromUnixMs: 1,
            toUnixMs: 2,
            dropped: 5,
            reason: "spool_full",
          },
        };
      case "outcome":
        return {
          kind: "run_outcome",
          outcome: {
            requestId: words[1] ?? "",
            error: named.get("error") ?? "",
            results: Array.from({ length: number("results", 0) }, () => ({
              outcome: "ok" as const,
              rttUs: 99,
              detail: "",
              measuredAtUnixMs: 1,
            })),
          },
        };
      case "token":
        return { kind: "token", token: rest };
      case "goodbye":
        return { kind: "goodbye", reason: rest };
      case "unknown":
        return { kind: "unknown", what: rest };
      case "unsupported":
        return { kind: "unsupported", what: rest };
      default:
        throw new Error(`unknown command: ${command}`);
    }
  }
}

const agentLine = (view: AgentView): string => {
  const { agentId, state, reason, bootId, appliedRevision, clockSkewUs, spooledBatches } = view;
  const skew = clockSkewUs === undefined ? "-" : `${clockSkewUs} us`;
  const error = view.planError && `, plan error: ${view.planError}`;
  return `${agentId} ${state} ${reason}, boot ${bootId}, revision ${appliedRevision}, skew ${skew}, ${spooledBatches} spooled${error}`;
};

const outputLine = (output: ControlOutput): string => {
  switch (output.kind) {
    case "send":
      return `send ${output.stream} ${messageLine(output.message)}`;
    case "push_plan":
      return `push ${output.streams.join(",")} ${planLine(output.plan)}`;
    case "close": {
      const { stream, code, message, retryAfterMs } = output;
      const retry = retryAfterMs === undefined ? "" : `, retry after ${retryAfterMs} ms`;
      return `close ${stream} ${code}: ${message}${retry}`;
    }
    case "session":
      return `session ${output.agentId} ${output.bootId}, unacked from ${output.unackedFirst}`;
    case "results":
      return `results ${output.agentId} seq ${output.batch.seq}`;
    case "gap":
      return `gap ${output.agentId} seq ${output.gap.seq}`;
    case "reauthenticate":
      return `reauthenticate ${output.stream} ${output.token}`;
    case "run_finished": {
      const { requestId, result } = output;
      if (result.kind === "failed")
        return `run_finished ${requestId} ${result.code}: ${result.message}`;
      const { results, error } = result.outcome;
      return `run_finished ${requestId} ${results.length} results${error && `, error: ${error}`}`;
    }
    case "agent_changed":
      return `agent_changed ${output.agentId}`;
    case "load_changed":
      return `load_changed ${output.load}`;
    case "log":
      return `log ${output.level} ${output.message} ${JSON.stringify(output.fields)}`;
    case "count":
      return `count ${output.name}{${output.label}} ${output.by}`;
  }
};

const planLine = ({ revision, nonce, baseRevision, upserts, removes, hash }: Plan): string => {
  const base = baseRevision === undefined ? "full" : `base ${baseRevision}`;
  const keys = upserts.map(({ id, key }) => `${id}:${key}`).join(" ");
  const gone = removes.length === 0 ? "" : `, without ${removes.join(" ")}`;
  return `plan ${revision}, nonce ${nonce}, ${base}, ${keys || "nothing"}${gone}, hash ${hash.slice(0, 8)}`;
};

const messageLine = (message: ServerMessage): string => {
  switch (message.kind) {
    case "welcome": {
      const { serverEpoch, sessionGeneration, ackSeq, heartbeatMs, window } = message.welcome;
      return `welcome to ${serverEpoch}, session ${message.welcome.sessionId} generation ${sessionGeneration}, acked ${ackSeq}, heartbeat ${heartbeatMs} ms, window ${window.batches}/${window.bytes}, protocol ${message.welcome.protocolVersion}`;
    }
    case "plan":
      return planLine(message.plan);
    case "window":
      return `window ${message.window.batches}/${message.window.bytes}`;
    case "run":
      return `run ${message.requestId}, ${message.probes.length} probes`;
    default:
      return Object.values(message).join(" ");
  }
};
