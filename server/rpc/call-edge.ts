import { AsyncLocalStorage } from "node:async_hooks";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Logger } from "../../common/logger.js";
import { apiUserKey } from "./api-auth.js";
import { connectErrorFrom } from "./errors.js";
import { isOwnFault } from "./transcode/error-json.js";

/** The user of the request that is being served; REST reaches handlers through an in-memory call that knows no request. */
export const callUser = new AsyncLocalStorage<string>();

type CallEdgeOptions = {
  /** Aborted when the port drains: streams end then, single answers are still given. */
  readonly drainSignal: AbortSignal;
  readonly logger: Logger;
};

/**
 * The outermost interceptor of the query port. Turns whatever a service throws into its status, logs own faults, ends a
 * call at its deadline even when the service does not look, ends streams on drain, and says who calls.
 */
export const createCallEdge =
  ({ drainSignal, logger }: CallEdgeOptions): Interceptor =>
  (next) =>
  async (request) => {
    const fail = (thrown: unknown): ConnectError => {
      const error = connectErrorFrom(thrown);
      if (isOwnFault(error.code)) {
        const method = `${request.service.typeName}/${request.method.name}`;
        logger.error({ method, error: describe(error.cause ?? error) }, "call failed");
      }
      return error;
    };
    request.contextValues.set(apiUserKey, callUser.getStore() ?? "");
    try {
      const response = await raced(next(request), [request.signal]);
      if (!response.stream) return response;
      const signals = [request.signal, drainSignal];
      return { ...response, message: endedBy(response.message, { signals, fail }) };
    } catch (error) {
      throw fail(error);
    }
  };

type EndedByOptions = {
  readonly signals: readonly AbortSignal[];
  readonly fail: (thrown: unknown) => ConnectError;
};

/**
 * The messages until a signal is aborted; then its reason is thrown, and the handler's generator is ended. The latter
 * also when nobody asks for a next message any more: a handler that waits in a yield would else never clean up.
 */
async function* endedBy<T>(
  messages: AsyncIterable<T>,
  { signals, fail }: EndedByOptions,
): AsyncGenerator<T> {
  const iterator = messages[Symbol.asyncIterator]();
  const stop = () => {
    for (const signal of signals) signal.removeEventListener("abort", stop);
    // Not awaited: a handler that waits for something else than its signal takes its time.
    iterator.return?.().catch(() => undefined);
  };
  for (const signal of signals) signal.addEventListener("abort", stop);
  try {
    for (;;) {
      const next = await raced(iterator.next(), signals);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throw fail(error);
  } finally {
    stop();
  }
}

/** The promise, or the reason of the first signal that is aborted before. */
const raced = <T>(promise: Promise<T>, signals: readonly AbortSignal[]): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = ({ target }: { readonly target: EventTarget | null }) =>
      finish(() => reject(reasonOf(target as AbortSignal)));
    const finish = (settle: () => void) => {
      for (const signal of signals) signal.removeEventListener("abort", abort);
      settle();
    };
    for (const signal of signals) signal.addEventListener("abort", abort);
    promise.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    );
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted !== undefined) abort({ target: aborted });
  });

const reasonOf = ({ reason }: AbortSignal): ConnectError =>
  reason instanceof ConnectError
    ? reason
    : new ConnectError("the call was cancelled", Code.Canceled);

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
