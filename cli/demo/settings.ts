import { type ConfigStart, type Environment, loadConfig } from "../../common/config-load.js";
import { defaulted, oneOf, port, wholeNumber } from "../../common/config-values.js";
import { logLevels } from "../../common/logger.js";
import { demoNodesMax } from "../limits.js";

/** What the demo was told. */
export type DemoConfig = {
  /** Agents to start; 0 starts the server alone. */
  readonly nodes: number;
  readonly httpPort: number;
  readonly agentPort: number;
  readonly clientPort: number;
  readonly testPort: number;
  /** Settings that go to server and agents as they are, by variable. */
  readonly passed: Readonly<Record<string, string>>;
};

const seconds = (max: number): ReturnType<typeof wholeNumber> =>
  wholeNumber({ min: 1, max }, "seconds");

const demoTable = {
  nodes: defaulted(
    { variable: "CAUSEWAY_NODES", summary: "agents to start; 0 starts the server alone" },
    wholeNumber({ min: 0, max: demoNodesMax }),
    "3",
  ),
  httpPort: defaulted(
    { variable: "HTTP_PORT", summary: "port of queries, on 127.0.0.1" },
    port,
    "8080",
  ),
  agentPort: defaulted(
    { variable: "CAUSEWAY_AGENT_PORT", summary: "port of the agents' streams, on 127.0.0.1" },
    port,
    "8443",
  ),
  clientPort: defaulted(
    { variable: "CLIENT_PORT", summary: "port of the agents' responders, on 127.2.0.N" },
    port,
    "6100",
  ),
  testPort: defaulted(
    { variable: "TEST_PORT", summary: "port that stands for a node's own service, on 127.1.0.N" },
    port,
    "6122",
  ),
  heartbeatInterval: defaulted(
    { variable: "HEARTBEAT_INTERVAL", summary: "seconds between an agent's signs of life" },
    seconds(3600),
    "5",
  ),
  cacheKeySecond: defaulted(
    {
      variable: "CACHE_KEY_SECOND",
      summary: "seconds without a frame after which an agent is lost",
    },
    seconds(86_400),
    "15",
  ),
  reportInterval: defaulted(
    { variable: "REPORT_INTERVAL", summary: "seconds between two reports" },
    seconds(86_400),
    "300",
  ),
  logLevel: defaulted(
    { variable: "LOG_LEVEL", summary: "least level that server and agents log" },
    oneOf(logLevels),
    "info",
  ),
};

/** Configures the demo from its arguments and environment. */
export const loadDemoConfig = (
  argv: readonly string[],
  env: Environment,
): ConfigStart<DemoConfig> =>
  loadConfig(
    {
      name: "causeway demo",
      intro:
        "Runs a server and agents on this machine, each a process of its own, and shows what they see.",
      table: demoTable,
      check: (values) =>
        values.httpPort !== undefined && values.httpPort === values.agentPort
          ? [
              `CAUSEWAY_AGENT_PORT: "${values.agentPort}" is HTTP_PORT too; allowed: another port than that of queries`,
            ]
          : [],
      finish: (values) => ({
        nodes: values.nodes,
        httpPort: values.httpPort,
        agentPort: values.agentPort,
        clientPort: values.clientPort,
        testPort: values.testPort,
        passed: {
          HEARTBEAT_INTERVAL: String(values.heartbeatInterval),
          CACHE_KEY_SECOND: String(values.cacheKeySecond),
          REPORT_INTERVAL: String(values.reportInterval),
          LOG_LEVEL: values.logLevel,
        },
      }),
      shown: () => ({}),
    },
    argv,
    env,
  );
