import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { isFullMatrix, newsLines } from "../../cli/demo/events.js";
import { createLiveOutput } from "../../cli/demo/live.js";
import {
  agentProcesses,
  demoPorts,
  inheritedEnv,
  serverProcess,
  shellCommand,
  tryCommands,
} from "../../cli/demo/plan.js";
import { listenTcp, portProblems } from "../../cli/demo/ports.js";
import { type DemoConfig, loadDemoConfig } from "../../cli/demo/settings.js";
import { createTail } from "../../cli/demo/tail.js";
import { createTether, type Tethered } from "../../cli/demo/tether.js";
import { reportLine } from "../../cli/demo/text.js";
import { demoNodesMax, demoTailLinesMax } from "../../cli/limits.js";
import type { AgentView, CellView, MatrixView } from "../../cli/model.js";
import { waitFor } from "../support/wait.js";

const configOf = (...argv: readonly string[]): DemoConfig => {
  const start = loadDemoConfig(argv, {});
  if (start.kind === "exit") throw new Error(start.stderr);
  return start.config;
};

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe("the demo's settings", () => {
  it("are three nodes on the usual ports", () => {
    const config = configOf();
    expect(config).toMatchObject({ nodes: 3, httpPort: 8080, agentPort: 8443, clientPort: 6100 });
    expect(config.passed["REPORT_INTERVAL"]).toBe("300");
  });
  it("take 0 to demoNodesMax nodes", () => {
    expect(configOf("--nodes", "0").nodes).toBe(0);
    expect(configOf("--nodes", String(demoNodesMax)).nodes).toBe(demoNodesMax);
    const start = loadDemoConfig(["--nodes", String(demoNodesMax + 1)], {});
    expect(start.kind === "exit" && start.stderr).toContain(`from 0 to ${demoNodesMax}`);
  });
});

describe("the demo's plan", () => {
  it("gives every agent a node, a pod and a name of its own", () => {
    let uids = 0;
    const agents = agentProcesses(configOf("--nodes", "2"), () => `uid-${uids++}`);
    expect(agents.map((agent) => agent.name)).toEqual(["node-1.pod", "node-2.pod"]);
    expect(agents[1]?.env).toMatchObject({
      NODE_IP: "127.1.0.2",
      POD_IP: "127.2.0.2",
      POD_NAME: "causeway-agent-2",
      CAUSEWAY_NODE_NAME: "node-2",
      CAUSEWAY_POD_UID: "uid-1",
      SERVER_URL: "http://127.0.0.1:8443",
      TEST_PORT: "6122",
    });
  });
  it("keeps a configuration of the user's own away from its processes, but not the rest", () => {
    const env = {
      PATH: "/bin",
      CAUSEWAY_TLS_CERT: "x",
      POD_IP: "10.0.0.1",
      CUSTOM_SERVICE_NAME: "shop",
      CAUSEWAY_PROBE_ALLOW: "10.0.0.0/8",
    };
    expect(inheritedEnv(env)).toEqual({
      PATH: "/bin",
      CUSTOM_SERVICE_NAME: "shop",
      CAUSEWAY_PROBE_ALLOW: "10.0.0.0/8",
    });
  });
  it("binds the server to loopback", () => {
    expect(serverProcess(configOf()).env).toMatchObject({ CAUSEWAY_BIND: "127.0.0.1" });
  });
  it("names the port in the commands to try", () => {
    expect(tryCommands(configOf())).toContain("  npx causeway pair node-1 node-2\n");
    const other = tryCommands(configOf("--http-port", "9090", "--nodes", "0"));
    expect(other).toContain("  npx causeway --server http://127.0.0.1:9090 matrix\n");
    expect(other).not.toContain("node-1");
  });
  it("quotes what a shell would take apart", () => {
    const env = { A: "it's $HOME", B: "", C: "a b;c" };
    const command = shellCommand(env, ["/bin/sh", "-c", 'printf "%s|" "$A" "$B" "$C"']);
    expect(execFileSync("/bin/sh", ["-c", command], { encoding: "utf8" })).toBe(
      "it's $HOME||a b;c|",
    );
  });
});

describe("portProblems()", () => {
  const free = async (): Promise<number> => {
    const server = await listenTcp({ host: "127.0.0.1", port: 0 });
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  };
  it("finds nothing on free ports", async () => {
    const config = configOf(
      "--nodes=1",
      `--http-port=${await free()}`,
      `--agent-port=${await free()}`,
      `--client-port=${await free()}`,
      `--test-port=${await free()}`,
    );
    expect(await portProblems(demoPorts(config))).toEqual([]);
  });
  it("names a taken port and the flag that changes it in one sentence", async () => {
    const server = await listenTcp({ host: "127.0.0.1", port: 0 });
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const [http] = demoPorts(configOf("--nodes=0", `--http-port=${port}`));
    expect(await portProblems(http === undefined ? [] : [http])).toEqual([
      `Port ${port}/tcp on 127.0.0.1 is taken by another program, perhaps another demo: stop that one, or choose another port with --http-port (HTTP_PORT).`,
    ]);
  });
  it("finds a taken UDP port, and an address that is not of this machine", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.2.0.9", resolve));
    closing.push(() => socket.close());
    const { port } = socket.address();
    const rest = { flag: "--client-port", variable: "CLIENT_PORT" };
    const problems = await portProblems([
      { host: "127.2.0.9", port, protocol: "udp", ...rest },
      { host: "192.0.2.1", port, protocol: "udp", ...rest },
      { host: "192.0.2.1", port, protocol: "tcp", flag: "--test-port", variable: "TEST_PORT" },
    ]);
    expect(problems[0]).toContain("/udp on 127.2.0.9 and 1 more address is taken");
    expect(problems[1]).toContain("this machine has no address 192.0.2.1");
  });
});

describe("createTether()", () => {
  it("hears of processes, forgets those that end, and cuts the rest when it closes", async () => {
    const heard: Tethered[] = [];
    const tether = await createTether((process) => heard.push(process));
    closing.push(() => tether.close());
    const [one, other] = [connect(tether.path), connect(tether.path)];
    one.write('{"name":"node-1.pod","pi');
    one.write('d":7}\n');
    other.write('{"name":"node-2.pod","pid":8}\n');
    await waitFor("both", () => heard.length === 2);
    expect(tether.held()).toHaveLength(2);
    one.destroy();
    await waitFor("the end of one", () => tether.held().length === 1);
    let isCut = false;
    other.on("close", () => {
      isCut = true;
    });
    other.resume();
    tether.close();
    await waitFor("the cut", () => isCut);
    expect(existsSync(tether.path)).toBe(false);
  });
  it("drops who talks nonsense", async () => {
    const tether = await createTether(() => expect.fail("heard nonsense"));
    closing.push(() => tether.close());
    const socket = connect(tether.path);
    let isCut = false;
    socket.on("close", () => {
      isCut = true;
    });
    socket.on("error", () => undefined);
    socket.resume();
    socket.write('{"name":1}\n'.repeat(200));
    await waitFor("the cut", () => isCut);
  });
});

const agent = (agentId: string, state: string, reason = "connected"): AgentView => ({
  agentId,
  node: "",
  plane: "pod",
  kind: "native",
  state,
  reason,
  version: "",
  nodeIp: "",
  podIp: "",
  pod: "",
  zone: "",
  sinceMs: 0,
  lastSeenMs: 0,
  clockSkewUs: undefined,
  appliedRevision: "1",
  spooledBatches: 0,
  lostResults: 0,
  unavailable: {},
  planError: "",
});
const matrix = (cells: Record<string, string>): MatrixView => {
  const rows = new Map<string, Map<string, CellView>>();
  for (const [pair, state] of Object.entries(cells)) {
    const [source = "", target = ""] = pair.split(" ");
    const row = rows.get(source) ?? new Map<string, CellView>();
    rows.set(source, row);
    row.set(target, {
      target,
      kind: "tcp",
      state,
      rttUs: 1,
      lossRatio: 0,
      sent: 1,
      lost: 0,
      outcome: state === "ok" ? "ok" : "timeout",
      measuredAtMs: state === "not_measured" ? undefined : 1,
    });
  }
  return { sources: [], targets: [], rows, notMeasured: 0, whole: true, serverTimeMs: 0 };
};

describe("newsLines()", () => {
  it("tells of agents that come, go and come back", () => {
    const none = { agents: [], matrix: undefined };
    const up = { agents: [agent("a.pod", "up")], matrix: undefined };
    const lost = { agents: [agent("a.pod", "lost", "frames_missing")], matrix: undefined };
    expect(newsLines(none, up)).toEqual(["agent a.pod is up"]);
    expect(newsLines(up, up)).toEqual([]);
    expect(newsLines(up, lost)).toEqual(["agent a.pod is lost: frames_missing"]);
    expect(newsLines(lost, up)).toEqual(["agent a.pod is back"]);
  });
  it("tells of pairs that change, and counts where they are many", () => {
    const names = Array.from({ length: 20 }, (_, i) => `a n${i}`);
    const all = (state: string) => ({
      agents: [],
      matrix: matrix(Object.fromEntries(names.map((name) => [name, state]))),
    });
    expect(newsLines({ agents: [], matrix: undefined }, all("ok"))).toEqual([]);
    const lines = newsLines(all("ok"), all("down"));
    expect(lines[0]).toBe("a -> n0 tcp: down (timeout)");
    expect(lines.at(-1)).toBe("… and 12 more pairs changed their state");
    expect(newsLines(all("down"), all("ok"))[0]).toBe("a -> n0 tcp: ok");
  });
});

describe("isFullMatrix()", () => {
  const full = {
    "a.pod b.pod": "ok",
    "a.pod node/b": "ok",
    "b.pod a.pod": "down",
    "b.pod node/a": "ok",
  };
  it("wants every agent to have measured every other one and its node", () => {
    const ids = ["a.pod", "b.pod"];
    expect(isFullMatrix(matrix(full), ids)).toBe(true);
    expect(isFullMatrix(matrix({ ...full, "b.pod node/a": "not_measured" }), ids)).toBe(false);
    expect(isFullMatrix(matrix(full), [...ids, "c.pod"])).toBe(false);
  });
});

describe("createLiveOutput()", () => {
  it("draws its area anew below lines that stay, cut to the terminal", () => {
    let out = "";
    const live = createLiveOutput(
      (text) => {
        out += text;
      },
      () => ({ columns: 10, rows: 5 }),
    );
    live.draw("one\ntwo\n");
    expect(out).toBe("one\ntwo\n");
    out = "";
    live.print("stays\n");
    expect(out).toBe("\u001b[2A\r\u001b[Jstays\none\ntwo\n");
    out = "";
    live.draw("a line of 21 columns!\nx\ny\n");
    expect(out).toBe("\u001b[2A\r\u001b[Ja line of 21 columns!\n");
    out = "";
    live.clear();
    expect(out.startsWith("\u001b[3A\r\u001b[J")).toBe(true);
  });
});

describe("createTail()", () => {
  it("keeps the last demoTailLinesMax lines", () => {
    const tail = createTail();
    for (let i = 0; i < demoTailLinesMax + 5; i++) tail.keep(`line ${i}`);
    expect(tail.lines()).toHaveLength(demoTailLinesMax);
    expect(tail.lines()[0]).toBe("line 5");
  });
});

describe("reportLine()", () => {
  it("shows reports and errors, and leaves out other records", () => {
    expect(reportLine("server", "active clients: 3")).toBe("active clients: 3\n");
    expect(reportLine("server", '{"level":30,"msg":"agent connected"}')).toBeUndefined();
    expect(reportLine("node-1.pod", '{"level":50,"msg":"broken"}')).toContain("node-1.pod: broken");
  });
});
