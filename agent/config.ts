import { isIP } from "node:net";
import type { PartialValues, SettingValues } from "../common/config.js";
import { type ConfigStart, type Environment, loadConfig } from "../common/config-load.js";
import {
  defaulted,
  derived,
  filePath,
  hostAddress,
  isLoopbackHost,
  listenAddress,
  listOf,
  oneOf,
  port,
  required,
  textLike,
  type ValueKind,
  wholeNumber,
  yesNo,
} from "../common/config-values.js";
import { configListEntriesMax } from "../common/limits.js";
import { type LogLevel, logLevels } from "../common/logger.js";
import { probeAllowance } from "../common/probe-allow.js";
import { type ServerUrl, serverUrl } from "../common/server-url.js";

/** Which network an agent measures: the pods' or the nodes'. */
export type Plane = "pod" | "host";

/** What an agent was told at its start; checked, complete, and never changed afterwards. */
export type AgentConfig = {
  /** Address of its node. */
  readonly nodeIp: string;
  /** Primary address of its pod. */
  readonly podIp: string;
  readonly podName: string;
  readonly namespace: string;
  readonly serverUrl: ServerUrl;
  /** Seconds. */
  readonly heartbeatInterval: number;
  /** Port that probes of nodes connect to. */
  readonly testPort: number;
  /** Name that is looked up and connected to; empty for none. */
  readonly customServiceName: string;
  readonly customServicePort: number;
  /** Port of the responder, TCP and UDP. */
  readonly clientPort: number;
  readonly logLevel: LogLevel;
  readonly nodeName: string;
  /** Empty when unknown. */
  readonly podUid: string;
  /** All addresses of its pod, podIp among them. */
  readonly podIps: readonly string[];
  readonly plane: Plane;
  /** Empty when unknown. */
  readonly zone: string;
  /** Addresses that the responder listens on. */
  readonly bind: readonly string[];
  /** Files of its own certificate and key; undefined for none. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** File of the CA that the server's certificate must come from; undefined trusts the system's. */
  readonly ca: string | undefined;
  /** File of the token to show to the server; undefined for none. */
  readonly tokenFile: string | undefined;
  /** The user allows plaintext and no authentication beyond loopback. */
  readonly insecure: boolean;
  /** Destinations of on-demand probes beside the planned ones, see parseProbeAllowance(). */
  readonly probeAllow: readonly string[];
  /** Reach the server through the proxy of the environment. */
  readonly useProxy: boolean;
  /** NODE.PLANE, `[a-z0-9.-]`, at most 253 characters. */
  readonly agentId: string;
};

const planes = ["pod", "host"] as const;
const agentIdCharsMax = 253;
const nodeNameCharsMax = agentIdCharsMax - ".host".length;

const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const objectName = textLike(
  new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`),
  "a Kubernetes name: 1 to 253 of a-z, 0-9, - and .",
);
const nodeName: ValueKind<string> = {
  form: "value",
  allowed: `1 to ${nodeNameCharsMax} of a-z, 0-9, - and ., or an IPv4 or IPv6 address`,
  parse: (text) =>
    hostAddress.parse(text) ??
    (text.length <= nodeNameCharsMax ? objectName.parse(text) : undefined),
};

/** Every setting of the agent. */
export const agentTable = {
  nodeIp: required({ variable: "NODE_IP", summary: "address of the node" }, hostAddress),
  podIp: required(
    { variable: "POD_IP", summary: "primary address of the agent's pod" },
    hostAddress,
  ),
  podName: required({ variable: "POD_NAME", summary: "name of the agent's pod" }, objectName),
  namespace: required(
    { variable: "NAMESPACE", summary: "namespace of the agent's pod" },
    textLike(new RegExp(`^${label}$`), "a Kubernetes namespace: 1 to 63 of a-z, 0-9 and -"),
  ),
  serverUrl: required({ variable: "SERVER_URL", summary: "the server's agent port" }, serverUrl),
  heartbeatInterval: defaulted(
    { variable: "HEARTBEAT_INTERVAL", summary: "seconds between two signs of life" },
    wholeNumber({ min: 1, max: 3600 }, "seconds"),
    "5",
  ),
  testPort: defaulted(
    { variable: "TEST_PORT", summary: "port of nodes that is probed" },
    port,
    "22",
  ),
  customServiceName: defaulted(
    { variable: "CUSTOM_SERVICE_NAME", summary: "name of a service to look up and connect to" },
    textLike(
      /^(?=.{0,253}$)([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)*\.?)?$/,
      "a DNS name of at most 253 characters, or empty for none",
    ),
    "",
  ),
  customServicePort: defaulted(
    { variable: "CUSTOM_SERVICE_PORT", summary: "port of that service" },
    port,
    "80",
  ),
  clientPort: defaulted(
    { variable: "CLIENT_PORT", summary: "port of the responder, TCP and UDP" },
    port,
    "6100",
  ),
  logLevel: defaulted(
    { variable: "LOG_LEVEL", summary: "least level that is logged" },
    oneOf(logLevels),
    "info",
  ),
  nodeName: derived(
    { variable: "CAUSEWAY_NODE_NAME", summary: "name of the node" },
    nodeName,
    "NODE_IP",
  ),
  podUid: defaulted(
    {
      variable: "CAUSEWAY_POD_UID",
      summary: "UID of the agent's pod, by which its answers are known",
    },
    textLike(
      /^([0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12})?$/,
      "a UUID, or empty when unknown",
    ),
    "",
  ),
  podIps: derived(
    { variable: "CAUSEWAY_POD_IPS", summary: "all addresses of the agent's pod" },
    listOf(hostAddress, { min: 1, max: 8 }),
    "POD_IP",
  ),
  plane: defaulted(
    { variable: "CAUSEWAY_PLANE", summary: "network that is measured" },
    oneOf(planes),
    "pod",
  ),
  zone: defaulted(
    { variable: "CAUSEWAY_ZONE", summary: "topology zone of the node" },
    textLike(
      /^([a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?)?$/,
      "at most 63 of a-z, A-Z, 0-9, -, _ and ., or empty when unknown",
    ),
    "",
  ),
  bind: derived(
    { variable: "CAUSEWAY_BIND", summary: "addresses that the responder listens on" },
    listOf(listenAddress, { min: 1, max: 8 }),
    "CAUSEWAY_POD_IPS, or :: with TLS or in a cluster",
  ),
  tlsCert: derived(
    { variable: "CAUSEWAY_TLS_CERT", summary: "the agent's own certificate, PEM" },
    filePath,
    "none",
  ),
  tlsKey: derived(
    { variable: "CAUSEWAY_TLS_KEY", summary: "key of that certificate, PEM" },
    filePath,
    "none",
  ),
  ca: derived(
    { variable: "CAUSEWAY_CA", summary: "CA that the server's certificate must come from, PEM" },
    filePath,
    "the system's CAs",
  ),
  tokenFile: derived(
    {
      variable: "CAUSEWAY_TOKEN_FILE",
      summary: "file of the token to show to the server, re-read on change",
    },
    filePath,
    "none",
  ),
  insecure: defaulted(
    {
      variable: "CAUSEWAY_INSECURE",
      summary: "allow plaintext and no authentication beyond loopback",
    },
    yesNo,
    "false",
  ),
  probeAllow: defaulted(
    {
      variable: "CAUSEWAY_PROBE_ALLOW",
      summary: "destinations of on-demand probes beside the planned ones",
    },
    listOf(probeAllowance, { min: 0, max: configListEntriesMax }),
    "",
  ),
  useProxy: defaulted(
    {
      variable: "CAUSEWAY_USE_PROXY",
      summary: "reach the server through the proxy of the environment",
    },
    yesNo,
    "false",
  ),
};

type Values = SettingValues<typeof agentTable>;
type Partly = PartialValues<typeof agentTable>;

/** Configures an agent from its arguments and environment; every problem is reported at once. */
export const loadAgentConfig = (
  argv: readonly string[],
  env: Environment,
): ConfigStart<AgentConfig> =>
  loadConfig(
    {
      name: "causeway agent",
      intro: "Runs an agent: it probes what the server plans, and answers the probes of others.",
      table: agentTable,
      check: checkAgent,
      finish: finishAgent,
      shown: (config) => ({
        nodeName: config.nodeName,
        podIps: config.podIps.join(","),
        bind: config.bind.join(","),
      }),
    },
    argv,
    env,
  );

/** The agent_id of a node and a plane. A node that is named by an IPv6 address gets `-` for `:`. */
export const agentIdFromNode = (nodeName: string, plane: Plane): string =>
  `${isIP(nodeName) === 0 ? nodeName : nodeName.replaceAll(":", "-")}.${plane}`;

const finishAgent = (values: Values, env: Environment): AgentConfig => {
  const node = values.nodeName ?? values.nodeIp;
  const podIps = values.podIps ?? [values.podIp];
  const open = values.tlsCert !== undefined || (env["KUBERNETES_SERVICE_HOST"] ?? "") !== "";
  return {
    ...values,
    nodeName: node,
    podIps,
    bind: values.bind ?? (open ? ["::"] : podIps),
    agentId: agentIdFromNode(node, values.plane),
  };
};

const checkAgent = (values: Partly): readonly string[] => {
  const problems: string[] = [];
  const { tlsCert, tlsKey, podIp, podIps } = values;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [there, missing] = tlsCert === undefined ? ["KEY", "CERT"] : ["CERT", "KEY"];
    problems.push(
      `CAUSEWAY_TLS_${missing}: is missing while CAUSEWAY_TLS_${there} is ${JSON.stringify(tlsCert ?? tlsKey)}; allowed: both or neither`,
    );
  }
  if (podIp !== undefined && podIps !== undefined && !podIps.includes(podIp)) {
    problems.push(
      `CAUSEWAY_POD_IPS: ${JSON.stringify(podIps.join(","))} lacks POD_IP ${podIp}; allowed: all addresses of the pod, POD_IP among them`,
    );
  }
  return [...problems, ...linkProblems(values)];
};

const linkProblems = (values: Partly): readonly string[] => {
  const { serverUrl: url, insecure } = values;
  if (url === undefined) return [];
  const shown = JSON.stringify(`${url.tls ? "https" : "http"}://${url.host}:${url.port}`);
  if (isLoopbackHost(url.host) || insecure !== false) return [];
  if (!url.tls) {
    return [
      `SERVER_URL: ${shown} would send results in plaintext beyond loopback; allowed: https://, or CAUSEWAY_INSECURE=true to do so all the same`,
    ];
  }
  return values.tlsCert === undefined && values.tokenFile === undefined
    ? [
        `SERVER_URL: ${shown} is beyond loopback and the agent has no authentication; allowed: with CAUSEWAY_TOKEN_FILE or CAUSEWAY_TLS_CERT and CAUSEWAY_TLS_KEY, or CAUSEWAY_INSECURE=true to do so all the same`,
      ]
    : [];
};
