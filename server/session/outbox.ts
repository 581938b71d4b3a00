import type { Plan, ServerMessage } from "../../common/agent-stream.js";
import type { LogFields, LogLevel } from "../../common/logger.js";
import type { ControlCounter, ControlOutput, StreamId } from "./protocol.js";

/** Collects what a step wants done, in order. */
export class Outbox {
  #outputs: ControlOutput[] = [];
  readonly #changed = new Set<string>();

  /** Anything that needs no merging. */
  add(output: ControlOutput): void {
    this.#outputs.push(output);
  }

  /** One message to one stream. */
  send(stream: StreamId, message: ServerMessage): void {
    this.#outputs.push({ kind: "send", stream, message });
  }

  /** One plan to many streams. */
  push(streams: readonly StreamId[], plan: Plan): void {
    this.#outputs.push({ kind: "push_plan", streams, plan });
  }

  /** An agent came, changed or went; said once a step, at its end. */
  changed(agentId: string): void {
    this.#changed.add(agentId);
  }

  /** One log record. */
  log(level: LogLevel, fields: LogFields, message: string): void {
    this.#outputs.push({ kind: "log", level, fields, message });
  }

  /** Adds to a counter; label is the reason. */
  count(name: ControlCounter, label: string, by = 1): void {
    this.#outputs.push({ kind: "count", name, label, by });
  }

  /** Everything since the last take. */
  take(): ControlOutput[] {
    for (const agentId of this.#changed) this.#outputs.push({ kind: "agent_changed", agentId });
    this.#changed.clear();
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }
}
