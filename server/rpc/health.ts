import type { ConnectRouter, HandlerContext } from "@connectrpc/connect";
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../gen/grpc/health/v1/health_pb.js";
import { RpcError } from "./errors.js";

/** The grpc.health.v1 service and the switch behind it. */
export interface HealthService {
  /** Sets what Check says and Watch pushes, for the server as a whole ("") and for every service. */
  setServing(serving: boolean): void;
  /** Adds the service to a router. */
  readonly routes: (router: ConnectRouter) => void;
}

/**
 * Answers for the server ("") and for the named services. Starts as NOT_SERVING. An unknown service is NOT_FOUND for
 * Check and SERVICE_UNKNOWN for Watch, as the protocol has it.
 */
export const createHealthService = (services: readonly string[]): HealthService => {
  let serving = false;
  const known = new Set(["", ...services]);
  const wakers = new Set<() => void>();

  const statusOf = (service: string): ServingStatus => {
    if (!known.has(service)) return ServingStatus.SERVICE_UNKNOWN;
    return serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  };
  /** Resolves at the next setServing or abort. */
  const nextChange = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = () => {
        wakers.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      wakers.add(wake);
      signal.addEventListener("abort", wake);
      if (signal.aborted) wake();
    });

  async function* watch({ service }: { service: string }, { signal }: HandlerContext) {
    let sent: ServingStatus | undefined;
    while (!signal.aborted) {
      const status = statusOf(service);
      const changed = nextChange(signal);
      if (status !== sent) yield { status };
      sent = status;
      await changed;
    }
    throw signal.reason;
  }

  return {
    setServing: (value) => {
      serving = value;
      for (const wake of [...wakers]) wake();
    },
    routes: (router) =>
      router.service(Health, {
        check: ({ service }) => {
          if (known.has(service)) return { status: statusOf(service) };
          throw new RpcError({ code: "not_found", message: `unknown service ${service}` });
        },
        list: () => ({
          statuses: Object.fromEntries(
            [...known].map((service) => [service, { status: statusOf(service) }]),
          ),
        }),
        watch,
      }),
  };
};
