import { describe, expect, it } from "vitest";
import {
  flagFromVariable,
  originText,
  resolveConfig,
  type SettingTable,
} from "../../common/config.js";
import { configText, helpText } from "../../common/config-print.js";
import {
  defaulted,
  derived,
  hostAddress,
  isLoopbackHost,
  listenAddress,
  listOf,
  oneOf,
  port,
  required,
  wholeNumber,
  yesNo,
} from "../../common/config-values.js";

const table = {
  port: defaulted({ variable: "HTTP_PORT", summary: "port of queries" }, port, "8080"),
  agentPort: defaulted({ variable: "CAUSEWAY_AGENT_PORT", summary: "agents" }, port, "8443"),
  nodeIp: required({ variable: "NODE_IP", summary: "address of the node" }, hostAddress),
  zone: derived({ variable: "CAUSEWAY_ZONE", summary: "zone" }, oneOf(["a", "b"]), "NODE_IP's"),
  insecure: defaulted({ variable: "CAUSEWAY_INSECURE", summary: "risk" }, yesNo, "false"),
  bind: defaulted(
    { variable: "CAUSEWAY_BIND", summary: "addresses" },
    listOf(listenAddress, { min: 1, max: 3 }),
    "::1",
  ),
  key: {
    ...defaulted({ variable: "CAUSEWAY_KEY", summary: "a secret" }, oneOf(["x", "hush"]), "x"),
    secret: true,
  },
};

const file = (text: string): { path: string; text: string } => ({ path: "c.yaml", text });

describe("flagFromVariable()", () => {
  it("is the variable in lower case with dashes, without CAUSEWAY_", () => {
    expect(flagFromVariable("HTTP_PORT")).toBe("http-port");
    expect(flagFromVariable("CAUSEWAY_AGENT_PORT")).toBe("agent-port");
    expect(flagFromVariable("CAUSEWAY_CA")).toBe("ca");
  });
});

describe("resolveConfig()", () => {
  it("prefers flag to environment to file to default", () => {
    const result = resolveConfig(table, {
      flags: { "http-port": "1" },
      env: { HTTP_PORT: "2", CAUSEWAY_AGENT_PORT: "3", NODE_IP: "10.0.0.1" },
      file: file("http-port: 4\nagent-port: 5\ninsecure: true\n"),
    });
    expect(result.ok && result.values).toEqual({
      port: 1,
      agentPort: 3,
      nodeIp: "10.0.0.1",
      insecure: true,
      bind: ["::1"],
      key: "x",
    });
    const origins = Object.values(result.given).map((given) => originText(given.origin));
    expect(origins).toEqual([
      "flag --http-port",
      "environment",
      "environment",
      "default",
      "c.yaml line 3",
      "default",
      "default",
    ]);
  });

  it("takes an empty variable as not set, as Kubernetes and shells leave them", () => {
    const result = resolveConfig(table, { flags: {}, env: { HTTP_PORT: "", NODE_IP: "::1" } });
    expect(result.ok && result.values.port).toBe(8080);
  });

  it("reports every problem with variable, value, origin and what is allowed", () => {
    const result = resolveConfig(table, {
      flags: { insecure: "maybe", bind: "1.2.3.4,x" },
      env: { HTTP_PORT: "65536", CAUSEWAY_KEY: "swordfish" },
      file: file("agent-port: -1\nzone: c\nhttp-prot: 3\nnode-ip:\n"),
    });
    expect(result.ok ? [] : result.problems).toEqual([
      "c.yaml line 4: node-ip must have a text, number, true, false or a list of them as its value",
      'c.yaml line 3: unknown key "http-prot"; did you mean http-port?',
      'HTTP_PORT: "65536" (environment) is not allowed; allowed: a whole number from 1 to 65535',
      'CAUSEWAY_AGENT_PORT: "-1" (c.yaml line 1) is not allowed; allowed: a whole number from 1 to 65535',
      "NODE_IP: is required (address of the node) and was not given by --node-ip, environment or file; allowed: an IPv4 or IPv6 address of one host, such as 10.0.0.1 or fd00::1",
      'CAUSEWAY_ZONE: "c" (c.yaml line 2) is not allowed; allowed: a, b',
      'CAUSEWAY_INSECURE: "maybe" (flag --insecure) is not allowed; allowed: true or false',
      'CAUSEWAY_BIND: "1.2.3.4,x" (flag --bind) is not allowed; allowed: 1 to 3 entries separated by commas, each an IPv4 or IPv6 address, such as 127.0.0.1, 0.0.0.0 or ::',
      "CAUSEWAY_KEY: ****** (environment) is not allowed; allowed: x, hush",
    ]);
  });

  it.each([
    ["- a\n- b\n", "line 1: must be a map of settings"],
    ["a: 1\na: 2\n", "line 2: Map keys must be unique"],
    ["http-port: {a: 1}\n", "line 1: http-port must have a text"],
    ["http-port: &x 80\nagent-port: *x\n", "line 2: agent-port must have a text"],
    ["http-port: [1\n", "line 2:"],
    ['bind: ["::1,::2"]\n', "line 1: bind must have a text"],
  ])("refuses the file %j", (text, problem) => {
    const result = resolveConfig(table, { flags: {}, env: { NODE_IP: "::1" }, file: file(text) });
    expect(result.ok ? [] : result.problems.join("\n")).toContain(problem);
  });

  it("takes lists of a file, and an empty file", () => {
    const env = { NODE_IP: "::1" };
    const list = resolveConfig(table, { flags: {}, env, file: file("bind: ['::1', 10.0.0.1]\n") });
    expect(list.ok && list.values.bind).toEqual(["::1", "10.0.0.1"]);
    expect(resolveConfig(table, { flags: {}, env, file: file("# nothing\n") }).ok).toBe(true);
  });

  it("does not take names of Object for settings", () => {
    const result = resolveConfig(
      { one: defaulted({ variable: "CONSTRUCTOR", summary: "" }, port, "1") },
      {
        flags: {},
        env: {},
        file: file("constructor: 7\ntoString: 2\n"),
      },
    );
    expect(result.ok ? [] : result.problems).toEqual(['c.yaml line 2: unknown key "toString"']);
  });
});

describe("values", () => {
  it.each(["", " 1", "1.5", "0x10", "1e3", "-1", "+1", "65536", "0", "9".repeat(400)])(
    "a port is not %j",
    (text) => expect(port.parse(text)).toBeUndefined(),
  );
  it.each([
    ["1", 1],
    ["65535", 65535],
    ["0080", 80],
  ])("a port may be %j", (text, value) => expect(port.parse(text)).toBe(value));
  it("a whole number names its unit and bounds", () => {
    expect(wholeNumber({ min: 1, max: 9 }, "seconds").allowed).toBe(
      "a whole number of seconds from 1 to 9",
    );
  });
  it.each([
    "256.0.0.1",
    "010.0.0.1",
    "1.2.3",
    "fe80::1%eth0",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "host",
    "[::1]",
  ])("the address of a host is not %j", (text) => expect(hostAddress.parse(text)).toBeUndefined());
  it("spells addresses the canonical way", () => {
    expect(hostAddress.parse("FD00:0:0::1")).toBe("fd00::1");
    expect(listenAddress.parse("0:0::0")).toBe("::");
  });
  it.each([
    ["localhost", true],
    ["a.localhost.", true],
    ["127.9.9.9", true],
    ["::1", true],
    ["::ffff:127.0.0.1", true],
    ["10.0.0.1", false],
    ["localhost.example.org", false],
    ["0.0.0.0", false],
  ])("%s stays on this machine: %s", (host, isLoopback) =>
    expect(isLoopbackHost(host)).toBe(isLoopback),
  );
});

describe("printed settings", () => {
  it("--print-config shows values and origins, and masks secrets", async () => {
    const result = resolveConfig(table, {
      flags: { key: "hush", "http-port": "80" },
      env: { NODE_IP: "10.0.0.1" },
      file: file("bind: 0.0.0.0\n"),
    });
    const text = configText(table, result.given, { zone: "worked-out" });
    expect(text).not.toContain("hush");
    await expect(text).toMatchFileSnapshot("../golden/cli/print-config.txt");
  });

  it("--help comes from the table", async () => {
    const program = {
      name: "causeway thing",
      intro: "Does a thing.",
      table: table as SettingTable,
    };
    await expect(helpText(program)).toMatchFileSnapshot("../golden/cli/config-help.txt");
  });
});
