import type { Environment } from "../../common/config-load.js";
import type { DemoConfig } from "./settings.js";

/** One process of the demo. */
export type DemoProcess = {
  readonly role: "server" | "agent";
  /** "server", or the agent_id. */
  readonly name: string;
  /** Variables that make it what it is. */
  readonly env: Readonly<Record<string, string>>;
};

/** An address and port that the demo needs, and the flag that changes it. */
export type DemoPort = {
  readonly host: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  readonly flag: string;
  readonly variable: string;
};

const serverAddress = "127.0.0.1";

/** Address that stands for node N (from 1). */
export const nodeAddress = (index: number): string => `127.1.0.${index}`;

/** Address that stands for the pod of the agent on node N (from 1). */
export const podAddress = (index: number): string => `127.2.0.${index}`;

/** Base URL of the demo's query port. */
export const queryUrl = (config: DemoConfig): string =>
  `http://${serverAddress}:${config.httpPort}`;

const numbers = (config: DemoConfig): readonly number[] =>
  Array.from({ length: config.nodes }, (_, index) => index + 1);

/** The server's process. */
export const serverProcess = (config: DemoConfig): DemoProcess => ({
  role: "server",
  name: "server",
  env: {
    HTTP_PORT: String(config.httpPort),
    CAUSEWAY_AGENT_PORT: String(config.agentPort),
    CAUSEWAY_BIND: serverAddress,
    CACHE_KEY_SECOND: config.passed["CACHE_KEY_SECOND"] ?? "",
    REPORT_INTERVAL: config.passed["REPORT_INTERVAL"] ?? "",
    LOG_LEVEL: config.passed["LOG_LEVEL"] ?? "",
  },
});

/** The agents' processes; `createUid` makes the UID of a pod. */
export const agentProcesses = (
  config: DemoConfig,
  createUid: () => string,
): readonly DemoProcess[] =>
  numbers(config).map((index) => ({
    role: "agent",
    name: `node-${index}.pod`,
    env: {
      NODE_IP: nodeAddress(index),
      POD_IP: podAddress(index),
      POD_NAME: `causeway-agent-${index}`,
      NAMESPACE: "causeway-demo",
      SERVER_URL: `http://${serverAddress}:${config.agentPort}`,
      CAUSEWAY_NODE_NAME: `node-${index}`,
      CAUSEWAY_POD_UID: createUid(),
      CAUSEWAY_BIND: podAddress(index),
      CLIENT_PORT: String(config.clientPort),
      TEST_PORT: String(config.testPort),
      HEARTBEAT_INTERVAL: config.passed["HEARTBEAT_INTERVAL"] ?? "",
      LOG_LEVEL: config.passed["LOG_LEVEL"] ?? "",
    },
  }));

/** Every port that the demo's processes will listen on, and the demo itself. */
export const demoPorts = (config: DemoConfig): readonly DemoPort[] => {
  const tcp = "tcp" as const;
  const responder = { port: config.clientPort, flag: "--client-port", variable: "CLIENT_PORT" };
  return [
    {
      host: serverAddress,
      port: config.httpPort,
      protocol: tcp,
      flag: "--http-port",
      variable: "HTTP_PORT",
    },
    {
      host: serverAddress,
      port: config.agentPort,
      protocol: tcp,
      flag: "--agent-port",
      variable: "CAUSEWAY_AGENT_PORT",
    },
    ...numbers(config).flatMap((index): readonly DemoPort[] => [
      { host: podAddress(index), protocol: tcp, ...responder },
      { host: podAddress(index), protocol: "udp", ...responder },
      {
        host: nodeAddress(index),
        port: config.testPort,
        protocol: tcp,
        flag: "--test-port",
        variable: "TEST_PORT",
      },
    ]),
  ];
};

// What configures a server or an agent of the user's must not configure the demo's.
const ownVariables = new Set([
  "HTTP_PORT",
  "CACHE_KEY_SECOND",
  "REPORT_INTERVAL",
  "LOG_LEVEL",
  "NODE_IP",
  "POD_IP",
  "POD_NAME",
  "NAMESPACE",
  "SERVER_URL",
  "HEARTBEAT_INTERVAL",
  "TEST_PORT",
  "CLIENT_PORT",
]);
const passedVariables = new Set(["CAUSEWAY_CORS_ORIGINS", "CAUSEWAY_PROBE_ALLOW"]);

/** The user's environment without what configures Causeway, except what the demo lets through. */
export const inheritedEnv = (env: Environment): Environment =>
  Object.fromEntries(
    Object.entries(env).filter(
      ([name]) =>
        passedVariables.has(name) || !(ownVariables.has(name) || name.startsWith("CAUSEWAY_")),
    ),
  );

/** A command for a POSIX shell: variables, program, arguments, each quoted where needed. */
export const shellCommand = (
  env: Readonly<Record<string, string>>,
  command: readonly string[],
): string =>
  [
    ...Object.entries(env).map(([name, value]) => `${name}=${shellQuoted(value)}`),
    ...command.map(shellQuoted),
  ].join(" ");

const shellQuoted = (text: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** Commands to try against the demo, ready to paste. */
export const tryCommands = (config: DemoConfig): string => {
  const address = `${serverAddress}:${config.httpPort}`;
  const url = queryUrl(config);
  const cli = config.httpPort === 8080 ? "npx causeway" : `npx causeway --server ${url}`;
  const lines = [
    "Ask it, from another terminal:",
    `  ${cli} matrix`,
    `  ${cli} agents -o wide`,
    `  curl ${url}/v1/matrix`,
    `  curl -N ${url}/v1/matrix:watch`,
    `  grpcurl -plaintext ${address} list`,
    `  grpcurl -plaintext ${address} causeway.v1.MeshService/GetMatrix`,
  ];
  if (config.nodes >= 2) {
    const pair = '{"source":"node-1.pod","target":"node-2.pod"}';
    lines.splice(3, 0, `  ${cli} pair node-1 node-2`, `  ${cli} probe node-1 node-2`);
    lines.push(
      `  grpcurl -plaintext -d '${pair}' ${address} causeway.v1.MeshService/GetPair`,
      `  curl -X POST -H 'content-type: application/json' -d '${pair}' ${url}/v1/probes:run`,
    );
  }
  return `${lines.join("\n")}\n`;
};
