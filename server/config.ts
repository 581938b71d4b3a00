import type { PartialValues, SettingValues } from "../common/config.js";
import { type ConfigStart, type Environment, loadConfig } from "../common/config-load.js";
import {
  defaulted,
  derived,
  filePath,
  isLoopbackHost,
  listenAddress,
  listOf,
  oneOf,
  port,
  treePath,
  type ValueKind,
  wholeNumber,
  yesNo,
} from "../common/config-values.js";
import { configListEntriesMax } from "../common/limits.js";
import { type LogLevel, logLevels } from "../common/logger.js";

/** What the server was told at its start; checked, complete, and never changed afterwards. */
export type ServerConfig = {
  /** Port of queries. */
  readonly httpPort: number;
  /** Seconds without a frame after which an agent is lost. */
  readonly cacheKeySecond: number;
  /** Seconds between two reports on the console. */
  readonly reportInterval: number;
  readonly logLevel: LogLevel;
  /** Port of agent streams. */
  readonly agentPort: number;
  /** Address that both ports listen on. */
  readonly bind: string;
  /** Certificate file of the agent port (and of the query port with httpTls); undefined means plaintext. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** File of the CA that agents' certificates must come from; undefined asks for none. */
  readonly clientCa: string | undefined;
  /** File of the token that agents must show; undefined asks for none. */
  readonly tokenFile: string | undefined;
  /** The user allows plaintext and unauthenticated agents beyond loopback. */
  readonly insecure: boolean;
  /** Origins whose pages may call the query port. */
  readonly corsOrigins: readonly string[];
  /** Opens the POST paths of /api/v1. */
  readonly legacyClients: boolean;
  /** Serves the query port with TLS. */
  readonly httpTls: boolean;
  /** File of API tokens, lines `token,user,verb+verb`; undefined for none. */
  readonly apiTokenFile: string | undefined;
  /** Folder or file of the manifests that are the live cluster model; undefined for none. */
  readonly manifests: string | undefined;
};

const origin: ValueKind<string> = {
  form: "value",
  allowed: "the origin of a web page, such as https://grafana.example.org or http://localhost:3000",
  parse: (text) => {
    if (!/^https?:\/\/[^/?#@\s]+$/.test(text) || !URL.canParse(text)) return undefined;
    return new URL(text).origin;
  },
};

/** Every setting of the server. */
export const serverTable = {
  httpPort: defaulted(
    { variable: "HTTP_PORT", summary: "port of queries: gRPC, gRPC-Web, Connect, REST, metrics" },
    port,
    "8080",
  ),
  agentPort: defaulted(
    { variable: "CAUSEWAY_AGENT_PORT", summary: "port of the agents' streams" },
    port,
    "8443",
  ),
  cacheKeySecond: defaulted(
    {
      variable: "CACHE_KEY_SECOND",
      summary: "seconds without a frame after which an agent is lost",
    },
    wholeNumber({ min: 1, max: 86_400 }, "seconds"),
    "15",
  ),
  reportInterval: defaulted(
    { variable: "REPORT_INTERVAL", summary: "seconds between two reports on the console" },
    wholeNumber({ min: 1, max: 86_400 }, "seconds"),
    "300",
  ),
  logLevel: defaulted(
    { variable: "LOG_LEVEL", summary: "least level that is logged" },
    oneOf(logLevels),
    "info",
  ),
  bind: derived(
    { variable: "CAUSEWAY_BIND", summary: "address that both ports listen on" },
    listenAddress,
    ":: with TLS or in a cluster, else 127.0.0.1",
  ),
  tlsCert: derived(
    { variable: "CAUSEWAY_TLS_CERT", summary: "certificate of the agent port, PEM" },
    filePath,
    "none, plaintext",
  ),
  tlsKey: derived(
    { variable: "CAUSEWAY_TLS_KEY", summary: "key of that certificate, PEM" },
    filePath,
    "none",
  ),
  clientCa: derived(
    { variable: "CAUSEWAY_CLIENT_CA", summary: "CA that agents' certificates must come from, PEM" },
    filePath,
    "none",
  ),
  tokenFile: derived(
    {
      variable: "CAUSEWAY_TOKEN_FILE",
      summary: "file of the token that agents must show, re-read on change",
    },
    filePath,
    "none",
  ),
  insecure: defaulted(
    {
      variable: "CAUSEWAY_INSECURE",
      summary: "allow plaintext and agents without authentication beyond loopback",
    },
    yesNo,
    "false",
  ),
  httpTls: defaulted(
    { variable: "CAUSEWAY_HTTP_TLS", summary: "serve the query port with the same certificate" },
    yesNo,
    "false",
  ),
  apiTokenFile: derived(
    {
      variable: "CAUSEWAY_API_TOKEN_FILE",
      summary: "file of API tokens, lines `token,user,verb+verb`",
    },
    filePath,
    "none",
  ),
  corsOrigins: defaulted(
    {
      variable: "CAUSEWAY_CORS_ORIGINS",
      summary: "origins whose web pages may call the query port",
    },
    listOf(origin, { min: 0, max: configListEntriesMax }),
    "",
  ),
  legacyClients: derived(
    {
      variable: "CAUSEWAY_LEGACY_CLIENTS",
      summary: "accept heartbeats and results posted to /api/v1",
    },
    yesNo,
    "true on loopback, else false",
  ),
  manifests: derived(
    {
      variable: "CAUSEWAY_MANIFESTS",
      summary: "folder or file of manifests as the live cluster model, re-read on change",
    },
    treePath,
    "none, questions bring their own",
  ),
};

type Values = SettingValues<typeof serverTable>;
type Partly = PartialValues<typeof serverTable>;

/** Configures the server from its arguments and environment; every problem is reported at once. */
export const loadServerConfig = (
  argv: readonly string[],
  env: Environment,
): ConfigStart<ServerConfig> =>
  loadConfig(
    {
      name: "causeway server",
      intro: "Runs the server: it keeps the agents' streams and answers queries.",
      table: serverTable,
      check: checkServer,
      finish: finishServer,
      shown: (config) => ({
        bind: config.bind,
        legacyClients: String(config.legacyClients),
      }),
    },
    argv,
    env,
  );

const bindOf = (values: Partly, env: Environment): string => {
  const open = values.tlsCert !== undefined || (env["KUBERNETES_SERVICE_HOST"] ?? "") !== "";
  return values.bind ?? (open ? "::" : "127.0.0.1");
};

const finishServer = (values: Values, env: Environment): ServerConfig => {
  const bind = bindOf(values, env);
  return { ...values, bind, legacyClients: values.legacyClients ?? isLoopbackHost(bind) };
};

const checkServer = (values: Partly, env: Environment): readonly string[] => {
  const problems: string[] = [];
  const { tlsCert, tlsKey, httpPort, agentPort } = values;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [there, missing] = tlsCert === undefined ? ["KEY", "CERT"] : ["CERT", "KEY"];
    problems.push(
      `CAUSEWAY_TLS_${missing}: is missing while CAUSEWAY_TLS_${there} is ${JSON.stringify(tlsCert ?? tlsKey)}; allowed: both or neither`,
    );
  }
  if (values.clientCa !== undefined && tlsCert === undefined) {
    problems.push(
      `CAUSEWAY_CLIENT_CA: ${JSON.stringify(values.clientCa)} needs TLS; allowed: together with CAUSEWAY_TLS_CERT and CAUSEWAY_TLS_KEY`,
    );
  }
  if (values.httpTls === true && tlsCert === undefined) {
    problems.push(
      'CAUSEWAY_HTTP_TLS: "true" needs a certificate; allowed: together with CAUSEWAY_TLS_CERT and CAUSEWAY_TLS_KEY',
    );
  }
  if (httpPort !== undefined && httpPort === agentPort) {
    problems.push(
      `CAUSEWAY_AGENT_PORT: "${agentPort}" is HTTP_PORT too; allowed: another port than that of queries`,
    );
  }
  return [...problems, ...exposureProblems(values, env)];
};

const exposureProblems = (values: Partly, env: Environment): readonly string[] => {
  const bind = bindOf(values, env);
  if (isLoopbackHost(bind) || values.insecure !== false) return [];
  const ways = "CAUSEWAY_BIND=127.0.0.1, or CAUSEWAY_INSECURE=true to do so all the same";
  if (values.tlsCert === undefined) {
    return [
      `CAUSEWAY_BIND: ${JSON.stringify(bind)} would take agents in plaintext beyond loopback; allowed: with CAUSEWAY_TLS_CERT and CAUSEWAY_TLS_KEY, ${ways}`,
    ];
  }
  return values.clientCa === undefined && values.tokenFile === undefined
    ? [
        `CAUSEWAY_BIND: ${JSON.stringify(bind)} would take agents without authentication beyond loopback; allowed: with CAUSEWAY_CLIENT_CA or CAUSEWAY_TOKEN_FILE, ${ways}`,
      ]
    : [];
};
