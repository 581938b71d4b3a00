import type { ServerConfig } from "../../server/config.js";

/** A server on loopback with every default, on ports that the system chooses. */
export const loopbackServer: ServerConfig = {
  httpPort: 0,
  agentPort: 0,
  cacheKeySecond: 15,
  reportInterval: 300,
  logLevel: "info",
  bind: "127.0.0.1",
  tlsCert: undefined,
  tlsKey: undefined,
  clientCa: undefined,
  tokenFile: undefined,
  insecure: false,
  corsOrigins: [],
  legacyClients: false,
  httpTls: false,
  apiTokenFile: undefined,
  manifests: undefined,
};
