import { performance } from "node:perf_hooks";
import { answerQuestion, type Sources } from "./answer-question.js";
import { KeptAnswer } from "./kept-list.js";
import { LiveWorld } from "./live-world.js";
import { type OwnText, OwnWorlds } from "./own-worlds.js";
import type { PolicyQuestion } from "./question.js";
import { refusalOf } from "./refused.js";
import type { WorkerMessage, WorkerReply } from "./worker-messages.js";

/** What a worker does: holds the live model, or the models that questions bring along, and answers one at a time. */
export class PolicyResponder {
  readonly #live = new LiveWorld(() => performance.now());
  readonly #own = new OwnWorlds();
  readonly #kept = new KeptAnswer();

  /** The reply to a message. Never rejects. */
  async respond(message: WorkerMessage): Promise<WorkerReply> {
    try {
      if (message.kind === "load") {
        const load = await this.#live.load(message);
        if (load.outcome.kind === "changed") this.#kept.clear();
        return { kind: "loaded", load };
      }
      const { question } = message;
      const answer = await answerQuestion(question, this.#sourcesOf(question));
      return { kind: "answer", answer };
    } catch (error) {
      return { kind: "refusal", refusal: refusalOf(error) };
    }
  }

  #sourcesOf(question: PolicyQuestion): Sources {
    const texts = ownTextsOf(question);
    const shelves = this.#own.shelves(texts);
    const shelfOf = (field: string) => shelves[texts.findIndex((own) => own.field === field)];
    const own = shelfOf("manifests") ?? shelfOf("before");
    const { profile } = question;
    const world = own?.world(profile) ?? this.#live.world(profile);
    const after = shelfOf("after")?.world(profile);
    return {
      world,
      revision: own?.revision ?? this.#live.shelf?.revision ?? "",
      ...(after === undefined ? {} : { after }),
      kept: this.#kept,
      wallMs: () => Date.now(),
    };
  }
}

/** The models that a question brings along. */
const ownTextsOf = (question: PolicyQuestion): readonly OwnText[] => {
  const { kind, manifests } = question;
  const before = { field: kind === "diff" ? "before" : "manifests", text: manifests };
  const after = kind === "diff" ? [{ field: "after", text: question.after }] : [];
  return [...(manifests === "" ? [] : [before]), ...after];
};
