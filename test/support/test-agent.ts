import { createHash } from "node:crypto";
import { AgentLoop } from "../../agent/agent-loop.js";
import { readLinkCredentials } from "../../agent/rpc/credentials.js";
import { Link } from "../../agent/rpc/link.js";
import { AgentCore } from "../../agent/session/agent-core.js";
import { systemClock } from "../../common/clock.js";
import { silentLogger } from "../../common/logger.js";
import { systemRandom } from "../../common/random.js";
import { helloOf } from "./agent-messages.js";

/** A real core, pump and link without probes: what it measured is given to `loop.onResult`. */
export type TestAgent = { readonly core: AgentCore; readonly loop: AgentLoop };

/** Makes one; start and stop its loop. */
export const createTestAgent = (agentId: string, port: number): TestAgent => {
  const hello = helloOf({ agentId });
  const core = new AgentCore(
    { ...hello, features: ["run"], validate: () => undefined },
    {
      random: systemRandom,
      sha256: (bytes) => createHash("sha256").update(bytes).digest(),
    },
  );
  const link = new Link({
    serverUrl: { host: "127.0.0.1", port, tls: false },
    useProxy: false,
    credentials: () =>
      readLinkCredentials({
        tls: false,
        ca: undefined,
        tlsCert: undefined,
        tlsKey: undefined,
        tokenFile: undefined,
      }),
    onEvent: (event) => loop.onLinkEvent(event),
  });
  const loop: AgentLoop = new AgentLoop({
    core,
    clock: systemClock,
    logger: silentLogger,
    link,
    scheduler: { replace: () => undefined },
    policy: { replacePlanned: () => undefined },
    runner: { run: async () => ({ kind: "refused", error: "no probes here" }) },
  });
  return { core, loop };
};
