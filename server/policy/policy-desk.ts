import type { Clock } from "../../common/clock.js";
import type { Logger } from "../../common/logger.js";
import { codeWord, RpcError } from "../rpc/errors.js";
import { type LaneJob, type LaneOptions, PolicyLane } from "./lane.js";
import {
  policyHeapMibMax,
  policyHeapMibMin,
  policyHeapShareMax,
  policyIdleMs,
  policyLiveHeapMibMax,
  policyLiveHeapShareMax,
  policyLoadMsMax,
  policyPollMs,
  policyQuestionMsMax,
  policyWaitingCharsMax,
  policyWaitingMax,
  policyWorkersMax,
} from "./limits.js";
import { LiveModel } from "./live-model.js";
import type { PolicyFigures, PolicyObserver } from "./policy-observer.js";
import {
  charsOfQuestion,
  type PolicyAnswers,
  type PolicyQuestion,
  type QuestionKind,
  type QuestionOf,
} from "./question.js";
import type { Refusal, WorkerReply } from "./worker-messages.js";

/** What a desk is made with. */
export type PolicyDeskOptions = {
  /** Folder or file of the live model's manifests; undefined for none. */
  readonly manifests: string | undefined;
  /** Memory that the server may hold, in bytes; processes of questions get shares of it. */
  readonly memoryBytes: number;
  /** New for every start of the server. */
  readonly epoch: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: PolicyObserver;
  /** Other bounds for tests. */
  readonly bounds?: Partial<DeskBounds>;
};

/** How much questions may take. */
export type DeskBounds = {
  readonly entry: URL;
  readonly workersMax: number;
  readonly waitingMax: number;
  readonly waitingCharsMax: number;
  readonly heapMib: number;
  readonly liveHeapMib: number;
  readonly questionMs: number;
  readonly idleMs: number;
  readonly pollMs: number;
  readonly loadMs: number;
};

/** Where questions about policies go: to the process of the live model, or to one of a few for those with manifests. */
export interface PolicyDesk {
  /**
   * Answers a question. Rejects with an RpcError, or with the signal's reason when it is aborted; work that nobody waits
   * for ends.
   */
  ask<Kind extends QuestionKind>(
    question: QuestionOf<Kind>,
    signal: AbortSignal,
  ): Promise<PolicyAnswers[Kind]>;
  readonly figures: PolicyFigures;
  /** Processes that run now. */
  readonly pids: readonly number[];
  /** Ends all processes; what waits is refused. */
  close(): Promise<void>;
}

/** Opens a desk. Processes start with the first question, that of the live model at once. */
export const openPolicyDesk = (options: PolicyDeskOptions): PolicyDesk => {
  const bounds = { ...deskBoundsOf(options.memoryBytes), ...options.bounds };
  const live = openLiveModel(options, bounds);
  const own = new PolicyLane({ ...laneOf(bounds), abandoned: "end", idleMs: bounds.idleMs });
  const { clock, observer } = options;
  const run = async (question: PolicyQuestion, signal: AbortSignal): Promise<unknown> => {
    signal.throwIfAborted();
    const message = { kind: "ask", question } as const;
    const limitMs = bounds.questionMs;
    const job = { message, chars: charsOfQuestion(question), limitMs, signal };
    return answerIn(question.manifests === "" ? await askLive(live, job) : await own.run(job));
  };
  return {
    ask: async (question, signal) => {
      const { kind } = question;
      const startedMs = clock.nowMs();
      const observe = (code: string) =>
        observer.asked({ kind, code, seconds: (clock.nowMs() - startedMs) / 1000 });
      try {
        const answer = await run(question, signal);
        observe("ok");
        return answer as PolicyAnswers[typeof kind];
      } catch (error) {
        observe(codeWord(error));
        throw error;
      }
    },
    get figures() {
      return {
        waiting: { live: live?.waiting ?? 0, own: own.waiting },
        model: live?.model,
        ageS: live?.model === undefined ? undefined : live.ageS,
      };
    },
    get pids() {
      return [...(live?.pids ?? []), ...own.pids];
    },
    close: async () => {
      await Promise.all([live?.close(), own.close()]);
    },
  };
};

const workerEntry = import.meta.url.endsWith(".ts")
  ? new URL("./worker-main.ts", import.meta.url)
  : new URL("./worker-main.js", import.meta.url);

/** The bounds of a server that may hold so much memory. */
export const deskBoundsOf = (memoryBytes: number): DeskBounds => {
  const heapMib = (max: number, share: number): number =>
    Math.max(policyHeapMibMin, Math.min(max, Math.floor((memoryBytes * share) / 2 ** 20)));
  return {
    entry: workerEntry,
    workersMax: policyWorkersMax,
    waitingMax: policyWaitingMax,
    waitingCharsMax: policyWaitingCharsMax,
    heapMib: heapMib(policyHeapMibMax, policyHeapShareMax),
    liveHeapMib: heapMib(policyLiveHeapMibMax, policyLiveHeapShareMax),
    questionMs: policyQuestionMsMax,
    idleMs: policyIdleMs,
    pollMs: policyPollMs,
    loadMs: policyLoadMsMax,
  };
};

const laneOf = (bounds: DeskBounds): Omit<LaneOptions, "abandoned"> => {
  const { entry, heapMib, workersMax, waitingMax, waitingCharsMax } = bounds;
  return { entry, heapMib, workersMax, waitingMax, waitingCharsMax };
};

const openLiveModel = (
  { manifests, epoch, clock, logger, observer }: PolicyDeskOptions,
  bounds: DeskBounds,
): LiveModel | undefined => {
  if (manifests === undefined) return undefined;
  const lane: LaneOptions = {
    ...laneOf(bounds),
    heapMib: bounds.liveHeapMib,
    workersMax: 1,
    // Its end would take the model along.
    abandoned: "finish",
  };
  const { pollMs, loadMs } = bounds;
  const times = { pollMs, loadMs };
  const live = new LiveModel({ path: manifests, lane, ...times, epoch, clock, logger, observer });
  live.start();
  return live;
};

const askLive = async (live: LiveModel | undefined, job: LaneJob): Promise<WorkerReply> => {
  if (live !== undefined) return await live.run(job);
  throw new RpcError({
    code: "failed_precondition",
    message:
      "this server has no cluster model: set its CAUSEWAY_MANIFESTS to a folder of manifests, or send them with the question",
  });
};

const answerIn = (reply: WorkerReply): unknown => {
  if (reply.kind === "answer") return reply.answer;
  if (reply.kind === "refusal") throw errorOfRefusal(reply.refusal);
  throw new Error("broken invariant: a question was answered with a load");
};

const faultCodes = {
  invalid: "invalid_argument",
  "not-found": "not_found",
  changed: "aborted",
  "no-model": "failed_precondition",
  bug: "internal",
} as const;

/** What is a bug of ours says so in the log only. */
const errorOfRefusal = ({ fault, message }: Refusal): RpcError =>
  fault === "bug"
    ? new RpcError({ code: "internal", message: "internal error", cause: new Error(message) })
    : new RpcError({ code: faultCodes[fault], message });
