import { Server, ServerCredentials } from "@grpc/grpc-js";
import { agentMessageBytesMax } from "../../common/limits.js";
import {
  agentConnectionIdleMs,
  agentPingEveryMs,
  agentPingMsMax,
  agentStreamsPerConnectionMax,
} from "../limits.js";
import type { StreamBounds } from "./agent-call.js";
import { createAgentFront, type FrontBounds } from "./agent-front.js";
import { createStreamFinder, registerAgentService, registerElsewhere } from "./agent-service.js";
import { AgentStreams, type StreamOptions, type StreamOutput } from "./agent-streams.js";
import type { TlsMaterial } from "./tls-files.js";

/** Bounds of a connection's silence; the defaults are the named limits. */
export type SilenceBounds = {
  readonly connectionIdleMs: number;
  readonly pingEveryMs: number;
  readonly pingMsMax: number;
};

/** The named limits of a connection's silence. */
export const defaultSilenceBounds: SilenceBounds = {
  connectionIdleMs: agentConnectionIdleMs,
  pingEveryMs: agentPingEveryMs,
  pingMsMax: agentPingMsMax,
};

type ListenerOptions = Omit<StreamOptions, "find" | "bounds"> & {
  readonly host: string;
  readonly port: number;
  /** Undefined serves plaintext. */
  readonly tls: TlsMaterial | undefined;
  /** Named in the answer to calls of other services. */
  readonly queryPort: number;
  /** The defaults are the named limits. */
  readonly bounds?: Partial<FrontBounds & StreamBounds & SilenceBounds>;
};

/** The agent port. */
export interface AgentListener {
  readonly port: number;
  /** Open connections. */
  readonly connections: number;
  /** Open streams of agents that were let in. */
  readonly streams: number;
  /** Does what the control plane wants done with streams; unknown streams are gone already. */
  carryOut(output: StreamOutput): void;
  /** Handshakes from now on use these files; open streams stay. */
  setTls(material: TlsMaterial): void;
  /** Takes no more connections, waits for the streams to end, and ends what is left after so long. */
  close(graceMs: number): Promise<void>;
}

/** Serves AgentService on its port. Rejects when the port cannot be had. */
export const createAgentListener = async (options: ListenerOptions): Promise<AgentListener> => {
  const finder = createStreamFinder();
  const streams = new AgentStreams({ ...options, find: finder.find });
  const server = new Server({
    ...serverOptions({ ...defaultSilenceBounds, ...options.bounds }),
    interceptors: [finder.interceptor],
  });
  registerAgentService(server, (call) => streams.accept(call));
  registerElsewhere(server, { queryPort: options.queryPort, find: finder.find });
  // Our own sockets below grpc-js: certificates are renewed under open streams, and connections have bounds.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const front = await createAgentFront({
    host: options.host,
    port: options.port,
    tls: options.tls,
    bounds: options.bounds,
    onConnection: (socket) => injector.injectConnection(socket),
    onRefused: (label, remote) => {
      options.logger.debug({ remote, reason: label }, "connection refused");
      options.onCount({ name: "connections_refused", label });
    },
  });
  return {
    port: front.port,
    get connections() {
      return front.connections;
    },
    get streams() {
      return streams.size;
    },
    carryOut: (output) => streams.carryOut(output),
    setTls: (material) => front.setTls(material),
    close: async (graceMs) => {
      front.stopListening();
      await shutDown(server, graceMs);
      streams.stop();
      // forceShutdown forgets sessions when channelz is off; the sockets are ours.
      server.forceShutdown();
      await front.destroy();
    },
  };
};

const serverOptions = ({ connectionIdleMs, pingEveryMs, pingMsMax }: SilenceBounds) => ({
  "grpc.enable_channelz": 0,
  "grpc.max_receive_message_length": agentMessageBytesMax,
  "grpc.max_concurrent_streams": agentStreamsPerConnectionMax,
  "grpc.max_connection_idle_ms": connectionIdleMs,
  "grpc.keepalive_time_ms": pingEveryMs,
  "grpc.keepalive_timeout_ms": pingMsMax,
});

/** Asks sessions to end and waits, but not for ever: an endless stream never ends by itself. */
const shutDown = (server: Server, graceMs: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
