import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadAgentConfig } from "../../agent/config.js";
import { type ConfigStart, parseFlags } from "../../common/config-load.js";
import { configFileBytesMax, configListEntriesMax } from "../../common/limits.js";
import { nodeVersionProblem } from "../../common/node-version.js";
import { parseProbeAllowance } from "../../common/probe-allow.js";
import { parseServerUrl } from "../../common/server-url.js";
import { loadServerConfig, serverTable } from "../../server/config.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "causeway-config-"));
  for (const name of ["cert.pem", "key.pem", "ca.pem", "token"]) {
    writeFileSync(join(folder, name), "x");
  }
  mkdirSync(join(folder, "dir"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);
const tls = (): Record<string, string> => ({
  CAUSEWAY_TLS_CERT: path("cert.pem"),
  CAUSEWAY_TLS_KEY: path("key.pem"),
});
const agentEnv = {
  NODE_IP: "10.0.0.1",
  POD_IP: "10.244.0.2",
  POD_NAME: "agent-x",
  NAMESPACE: "causeway-system",
  SERVER_URL: "http://127.0.0.1:8443",
};

const configOf = <Config>(start: ConfigStart<Config>): Config => {
  if (start.kind === "exit") throw new Error(start.stderr);
  return start.config;
};
const errorsOf = (start: ConfigStart<unknown>): string => {
  if (start.kind === "run") throw new Error("it was accepted");
  expect(start.code).toBe(2);
  expect(start.stdout).toBe("");
  return start.stderr;
};

describe("loadServerConfig()", () => {
  it("has the defaults of the documentation", () => {
    expect(configOf(loadServerConfig([], {}))).toMatchObject({
      httpPort: 8080,
      agentPort: 8443,
      cacheKeySecond: 15,
      reportInterval: 300,
      logLevel: "info",
      bind: "127.0.0.1",
      insecure: false,
      corsOrigins: [],
      legacyClients: true,
      httpTls: false,
    });
  });

  it("binds to every address with TLS and in a cluster, and then takes no legacy clients", () => {
    const withTls = loadServerConfig([], { ...tls(), CAUSEWAY_TOKEN_FILE: path("token") });
    expect(configOf(withTls)).toMatchObject({ bind: "::", legacyClients: false });
    const inCluster = loadServerConfig(["--insecure"], { KUBERNETES_SERVICE_HOST: "10.96.0.1" });
    expect(configOf(inCluster)).toMatchObject({ bind: "::", legacyClients: false, insecure: true });
  });

  it("reports bad values, unknown flags and contradictions at once", () => {
    const errors = errorsOf(
      loadServerConfig(["--http-prot", "1", "--agent-port", "0", "--bind=0.0.0.0"], {
        CAUSEWAY_TLS_KEY: path("missing.pem"),
        LOG_LEVEL: "loud",
        CAUSEWAY_CORS_ORIGINS: "https://a.example,ftp://b",
      }),
    );
    for (const part of [
      "unknown flag --http-prot; did you mean --http-port?",
      'CAUSEWAY_AGENT_PORT: "0" (flag --agent-port) is not allowed; allowed: a whole number from 1 to 65535',
      'LOG_LEVEL: "loud" (environment) is not allowed; allowed: debug, info, warn, error',
      "CAUSEWAY_CORS_ORIGINS:",
      'missing.pem" (environment) cannot be read (no such file)',
      "CAUSEWAY_TLS_CERT: is missing while CAUSEWAY_TLS_KEY is",
      'CAUSEWAY_BIND: "0.0.0.0" would take agents in plaintext beyond loopback',
    ]) {
      expect(errors).toContain(part);
    }
  });

  it.each([
    ["plaintext", {}, "in plaintext beyond loopback"],
    ["TLS without authentication", { tls: true }, "without authentication beyond loopback"],
  ])("refuses %s beyond loopback unless forced", (_name, options, problem) => {
    const env = { CAUSEWAY_BIND: "10.1.2.3", ...("tls" in options ? tls() : {}) };
    expect(errorsOf(loadServerConfig([], env))).toContain(problem);
    expect(configOf(loadServerConfig(["--insecure"], env)).bind).toBe("10.1.2.3");
  });

  it("refuses one port for two purposes, and TLS of queries or client CAs without a certificate", () => {
    expect(errorsOf(loadServerConfig(["--http-port=8443"], {}))).toContain("is HTTP_PORT too");
    expect(errorsOf(loadServerConfig(["--http-tls"], {}))).toContain("CAUSEWAY_HTTP_TLS");
    const ca = { CAUSEWAY_CLIENT_CA: path("ca.pem") };
    expect(errorsOf(loadServerConfig([], ca))).toContain("CAUSEWAY_CLIENT_CA");
  });

  it("reads a file, and names the line of what it does not know", () => {
    writeFileSync(path("good.yaml"), "http-port: 9090\ncors-origins:\n  - https://A.example:443\n");
    const config = configOf(loadServerConfig(["--config", path("good.yaml")], {}));
    expect(config).toMatchObject({ httpPort: 9090, corsOrigins: ["https://a.example"] });
    writeFileSync(path("bad.yaml"), "http-port: 9090\n\nHTTP_PORT: 1\n");
    expect(errorsOf(loadServerConfig([`--config=${path("bad.yaml")}`], {}))).toContain(
      'bad.yaml line 3: unknown key "HTTP_PORT"; did you mean http-port?',
    );
    expect(errorsOf(loadServerConfig(["--config", path("none.yaml")], {}))).toContain(
      "no such file",
    );
    expect(errorsOf(loadServerConfig(["--config", path("dir")], {}))).toContain("it is a folder");
  });

  it("refuses a file beyond configFileBytesMax and a list beyond configListEntriesMax", () => {
    writeFileSync(path("large.yaml"), `#${"x".repeat(configFileBytesMax)}`);
    expect(errorsOf(loadServerConfig(["--config", path("large.yaml")], {}))).toContain("at most");
    const origins = Array.from({ length: configListEntriesMax + 1 }, (_, i) => `http://h${i}`);
    const env = { CAUSEWAY_CORS_ORIGINS: origins.join(",") };
    expect(errorsOf(loadServerConfig([], env))).toContain(`0 to ${configListEntriesMax} entries`);
    const most = { CAUSEWAY_CORS_ORIGINS: origins.slice(1).join(",") };
    expect(configOf(loadServerConfig([], most)).corsOrigins).toHaveLength(configListEntriesMax);
  });

  it("takes a file or a folder where both will do, and refuses what is not there", () => {
    for (const manifests of [folder, path("token")]) {
      const start = loadServerConfig(["--manifests", manifests], {});
      expect(start).toMatchObject({ kind: "run", config: { manifests } });
    }
    const missing = errorsOf(loadServerConfig(["--manifests", path("none")], {}));
    expect(missing).toContain("CAUSEWAY_MANIFESTS: ");
    expect(missing).toContain(
      "cannot be read (no such file); allowed: the path of a readable file or folder",
    );
  });

  it("refuses a path that is a folder", () => {
    const env = { CAUSEWAY_TOKEN_FILE: path("dir") };
    expect(errorsOf(loadServerConfig([], env))).toContain("is a folder");
  });

  it("prints its configuration and its help with code 0", () => {
    const printed = loadServerConfig(["--print-config", "--http-port", "81"], {});
    expect(printed).toMatchObject({ kind: "exit", code: 0 });
    expect(printed.kind === "exit" && printed.stdout).toMatch(/^HTTP_PORT +81 +flag --http-port$/m);
    expect(printed.kind === "exit" && printed.stdout).toMatch(
      /^CAUSEWAY_LEGACY_CLIENTS +true +default$/m,
    );
    const help = loadServerConfig(["--help", "--nonsense"], { HTTP_PORT: "x" });
    expect(help).toMatchObject({ kind: "exit", code: 0 });
  });
});

describe("loadAgentConfig()", () => {
  it("works out what follows from the rest", () => {
    expect(configOf(loadAgentConfig([], agentEnv))).toMatchObject({
      nodeName: "10.0.0.1",
      podIps: ["10.244.0.2"],
      bind: ["10.244.0.2"],
      agentId: "10.0.0.1.pod",
      serverUrl: { host: "127.0.0.1", port: 8443, tls: false },
      heartbeatInterval: 5,
      testPort: 22,
      customServiceName: "",
      customServicePort: 80,
      clientPort: 6100,
      plane: "pod",
      probeAllow: [],
      useProxy: false,
    });
  });

  it("names an agent NODE.PLANE, an IPv6 node with dashes", () => {
    const ipv6 = { ...agentEnv, NODE_IP: "fd00:0::1", CAUSEWAY_PLANE: "host" };
    expect(configOf(loadAgentConfig([], ipv6)).agentId).toBe("fd00--1.host");
    const longest = "n".repeat(63).concat(".", "n".repeat(63), ".", "n".repeat(63), ".");
    const name = longest + "n".repeat(248 - longest.length);
    const long = configOf(loadAgentConfig(["--node-name", name, "--plane=host"], agentEnv));
    expect(long.agentId).toHaveLength(253);
    expect(errorsOf(loadAgentConfig(["--node-name", `${name}n`], agentEnv))).toContain(
      "CAUSEWAY_NODE_NAME",
    );
    expect(errorsOf(loadAgentConfig(["--node-name", "Node_1"], agentEnv))).toContain("a-z, 0-9");
  });

  it("names every required variable that is missing", () => {
    const errors = errorsOf(loadAgentConfig([], {}));
    for (const name of Object.keys(agentEnv)) expect(errors).toContain(`${name}: is required`);
  });

  it.each([
    ["HEARTBEAT_INTERVAL", "0"],
    ["HEARTBEAT_INTERVAL", "5s"],
    ["TEST_PORT", "-22"],
    ["CUSTOM_SERVICE_PORT", "http"],
    ["CUSTOM_SERVICE_NAME", "a b"],
    ["CLIENT_PORT", "65536"],
    ["POD_IP", "localhost"],
    ["NAMESPACE", "Kube_System"],
    ["POD_NAME", "../x"],
    ["SERVER_URL", "ftp://x"],
    ["CAUSEWAY_PLANE", "node"],
    ["CAUSEWAY_POD_UID", "123"],
    ["CAUSEWAY_POD_IPS", "10.244.0.2,nope"],
    ["CAUSEWAY_ZONE", "-a"],
    ["CAUSEWAY_PROBE_ALLOW", "10.0.0.0/33"],
    ["CAUSEWAY_BIND", "eth0"],
    ["CAUSEWAY_USE_PROXY", "2"],
  ])("refuses %s=%s, naming variable, value and what is allowed", (variable, value) => {
    const errors = errorsOf(loadAgentConfig([], { ...agentEnv, [variable]: value }));
    expect(errors).toContain(
      `${variable}: ${JSON.stringify(value)} (environment) is not allowed; allowed: `,
    );
  });

  it("refuses addresses of the pod without POD_IP", () => {
    const env = { ...agentEnv, CAUSEWAY_POD_IPS: "fd00::2,10.244.0.3" };
    expect(errorsOf(loadAgentConfig([], env))).toContain("lacks POD_IP 10.244.0.2");
  });

  it.each([
    ["http://10.0.0.9", "in plaintext beyond loopback"],
    ["10.0.0.9", "has no authentication"],
    ["https://server.example", "has no authentication"],
  ])("refuses %s unless forced", (url, problem) => {
    const env = { ...agentEnv, SERVER_URL: url };
    expect(errorsOf(loadAgentConfig([], env))).toContain(problem);
    expect(configOf(loadAgentConfig(["--insecure"], env)).insecure).toBe(true);
  });

  it("takes a server beyond loopback with TLS and a token or a certificate", () => {
    const env = { ...agentEnv, SERVER_URL: "https://server.example" };
    configOf(loadAgentConfig(["--token-file", path("token")], env));
    expect(configOf(loadAgentConfig([], { ...env, ...tls() })).bind).toEqual(["::"]);
  });
});

describe("parseFlags()", () => {
  it.each([
    [["stray"], 'unexpected argument "stray"'],
    [["--http-port"], "--http-port needs a value"],
    [["--help=x"], "--help takes no value"],
    [["-x"], "unknown flag -x"],
    [["--constructor=1"], "unknown flag --constructor"],
    [["--insecure", "false"], 'unexpected argument "false"'],
  ])("refuses %j", (argv, problem) => {
    expect(parseFlags(serverTable, argv).problems[0]).toContain(problem);
  });
  it("takes values after a space or an equals sign, and the last of several", () => {
    const { flags } = parseFlags(serverTable, [
      "--http-port=1",
      "--http-port",
      "2",
      "--insecure=no",
    ]);
    expect(flags).toEqual({ "http-port": "2", insecure: "no" });
  });
});

describe("parseServerUrl()", () => {
  it.each([
    ["https://s.example:9", "s.example", 9, true],
    ["http://s", "s", 8443, false],
    ["s.example", "s.example", 8443, true],
    ["10.0.0.1:1", "10.0.0.1", 1, true],
    ["[fd00::1]", "fd00::1", 8443, true],
    ["HTTP://[::1]:70/", "::1", 70, false],
    ["causeway-server.causeway-system.svc.", "causeway-server.causeway-system.svc.", 8443, true],
  ])("reads %s", (text, host, port, isTls) =>
    expect(parseServerUrl(text)).toEqual({ host, port, tls: isTls }),
  );
  it.each([
    "",
    "http://",
    "s:0",
    "s:65536",
    "s:",
    "ftp://s",
    "http://u@s",
    "http://s/path",
    "http://s?x",
    "fd00::1",
    "[10.0.0.1]",
    "[fe80::1%1]",
    "10.0.0.256",
    "1.2.3",
    "a b",
    "-a",
    "http://s//",
  ])("refuses %j", (text) => expect(parseServerUrl(text)).toBeUndefined());
});

describe("parseProbeAllowance()", () => {
  it.each([
    ["10.0.0.0/8", "10.0.0.0", 8, undefined],
    ["192.0.2.1", "192.0.2.1", 32, undefined],
    ["192.0.2.1:443", "192.0.2.1", 32, { from: 443, to: 443 }],
    ["10.0.0.0/8:80-90", "10.0.0.0", 8, { from: 80, to: 90 }],
    ["2001:db8::/32", "2001:db8::", 32, undefined],
    ["[2001:db8::/32]:53", "2001:db8::", 32, { from: 53, to: 53 }],
    ["0.0.0.0/0", "0.0.0.0", 0, undefined],
  ])("reads %s", (text, address, prefixLength, ports) =>
    expect(parseProbeAllowance(text)).toEqual({ address, prefixLength, ports }),
  );
  it.each([
    "",
    "x",
    "10/8",
    "10.0.0.1/8",
    "10.0.0.0/33",
    "10.0.0.0/",
    "1.2.3.4:",
    "1.2.3.4:0",
    "1.2.3.4:9-8",
    "1.2.3.4:1-65536",
    "::1/129",
    "fe80::1%e",
    "1.2.3.4/8/9",
  ])("refuses %j", (text) => expect(parseProbeAllowance(text)).toBeUndefined());
});

describe("nodeVersionProblem()", () => {
  it.each(["20.20.2", "20.21.0", "22.22.2", "24.14.1", "24.21.0", "25.0.0", "26.1.0"])(
    "lets %s run",
    (version) => expect(nodeVersionProblem(version)).toBeUndefined(),
  );
  it.each(["18.20.0", "20.20.1", "20.9.9", "21.7.3", "22.22.1", "23.11.0", "24.14.0"])(
    "refuses %s",
    (version) => expect(nodeVersionProblem(version)).toContain(version),
  );
});
