import { systemClock } from "../common/clock.js";
import type { Logger } from "../common/logger.js";
import type { Closer } from "./closer.js";
import type { ServerConfig } from "./config.js";
import type { ControlLoop } from "./control-loop.js";
import type { Metrics } from "./http/metrics.js";
import { type AgentListener, createAgentListener } from "./rpc/agent-listener.js";
import { type Authenticator, createAuthenticator } from "./rpc/authenticator.js";
import { createCertificateAuthenticator } from "./rpc/authenticator-certificate.js";
import { createTokenAuthenticator } from "./rpc/authenticator-token.js";
import type { TlsMaterial } from "./rpc/tls-files.js";
import { orRefuse, orTaken } from "./start-error.js";

/** What the agent port is opened with. */
export type AgentPortOptions = {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly tls: TlsMaterial | undefined;
  readonly loop: ControlLoop;
  readonly metrics: Metrics;
};

/** Opens the port of the agents' streams and joins it to the control loop. Throws a StartError when it cannot be had. */
export const openAgentPort = async (
  { config, logger, tls, loop, metrics }: AgentPortOptions,
  closers: Closer[],
): Promise<AgentListener> => {
  const authenticator = await openAuthenticator(config, logger);
  closers.push(() => authenticator.stop());
  const where = { setting: "CAUSEWAY_AGENT_PORT", host: config.bind, port: config.agentPort };
  const agents = await orTaken(where, () =>
    createAgentListener({
      host: config.bind,
      port: config.agentPort,
      tls,
      authenticator,
      queryPort: config.httpPort,
      clock: systemClock,
      logger,
      onInput: (input) => loop.feed(input),
      onCount: (count) => metrics.count({ ...count, by: 1 }),
    }),
  );
  closers.push(() => agents.close(0));
  loop.attach(agents);
  return agents;
};

const openAuthenticator = async (config: ServerConfig, logger: Logger): Promise<Authenticator> => {
  const adapters: Authenticator[] = [];
  if (config.clientCa !== undefined) adapters.push(createCertificateAuthenticator());
  const { tokenFile } = config;
  if (tokenFile !== undefined) {
    adapters.push(
      await orRefuse("CAUSEWAY_TOKEN_FILE", () =>
        createTokenAuthenticator({ path: tokenFile, logger }),
      ),
    );
  }
  return createAuthenticator(adapters);
};
