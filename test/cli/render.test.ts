import { describe, expect, it } from "vitest";
import { matrixProblemsMax } from "../../cli/limits.js";
import type { AgentView, CellView, MatrixView, PairKindView } from "../../cli/model.js";
import { agentsText } from "../../cli/render/agents.js";
import { matrixText, worstText } from "../../cli/render/matrix.js";
import { pairText, runText } from "../../cli/render/pair.js";
import { screenText } from "../../cli/render/screen.js";
import { plainPaint, terminalPaint } from "../../cli/render/style.js";
import { tableText } from "../../cli/render/table.js";
import { ageText, lossText, rttText } from "../../cli/render/units.js";

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const style = { wide: false, paint: plainPaint, nowMs, width: 120 };
const golden = (name: string): string => `../golden/cli/${name}.txt`;

const agent = (agentId: string, more: Partial<AgentView> = {}): AgentView => ({
  agentId,
  node: agentId.replace(/\.pod$/, ""),
  plane: "pod",
  kind: "native",
  state: "up",
  reason: "connected",
  version: "0.1.0",
  nodeIp: "127.1.0.1",
  podIp: "127.2.0.1",
  pod: "demo/causeway-agent-1",
  zone: "",
  sinceMs: nowMs - 90_000,
  lastSeenMs: nowMs - 1000,
  clockSkewUs: -1250,
  appliedRevision: "7",
  spooledBatches: 0,
  lostResults: 0,
  unavailable: {},
  planError: "",
  ...more,
});

const cell = (target: string, more: Partial<CellView> = {}): CellView => ({
  target,
  kind: "tcp",
  state: "ok",
  rttUs: 412,
  lossRatio: 0,
  sent: 6,
  lost: 0,
  outcome: "ok",
  measuredAtMs: nowMs - 3000,
  ...more,
});
const down = { state: "down", outcome: "timeout", lossRatio: 1, lost: 6, rttUs: undefined };

const mesh = (nodes: number, faults: Record<string, Partial<CellView>> = {}): MatrixView => {
  const names = Array.from({ length: nodes }, (_, i) => `node-${i + 1}`);
  const sources = names.map((name) => `${name}.pod`);
  const targets = [...sources, ...names.map((name) => `node/${name}`), "dns/shop.example"];
  const rows = new Map(
    sources.map((source) => {
      const own = source.replace(".pod", "");
      const cells = targets
        .filter((target) => target !== source && target !== `node/${own}`)
        .map((target): [string, CellView] => [
          target,
          cell(target, faults[`${source} ${target}`] ?? {}),
        ]);
      return [source, new Map(cells)];
    }),
  );
  return { sources, targets, rows, notMeasured: 0, whole: true, serverTimeMs: nowMs };
};

const faults = {
  "node-1.pod node-2.pod": down,
  "node-2.pod node/node-1": { state: "degraded", lossRatio: 1 / 6, lost: 1 },
  "node-3.pod node-1.pod": { state: "stale", measuredAtMs: nowMs - 600_000 },
  "node-3.pod dns/shop.example": {
    state: "not_measured",
    rttUs: undefined,
    lossRatio: undefined,
    sent: 0,
    outcome: "unspecified",
    measuredAtMs: undefined,
  },
};

describe("agentsText()", () => {
  const agents = [
    agent("node-1.pod", { unavailable: { icmp: "no permission" } }),
    agent("node-2.pod", { state: "suspect", reason: "stream_broken", pod: "" }),
    agent("node-3.pod", { state: "lost", reason: "frames_missing", planError: "unknown kind" }),
  ];
  it("shows a line for each agent", async () => {
    await expect(agentsText(agents, style)).toMatchFileSnapshot(golden("agents"));
  });
  it("shows more when wide", async () => {
    const wide = agentsText(agents, { ...style, wide: true });
    await expect(wide).toMatchFileSnapshot(golden("agents-wide"));
  });
  it("says so when there is none", () => {
    expect(agentsText([], style)).toBe("No agent has connected yet.\n");
  });
});

describe("matrixText()", () => {
  it("shows figures while they fit", async () => {
    await expect(matrixText(mesh(3, faults), style)).toMatchFileSnapshot(golden("matrix-3"));
  });
  it("shows one character for a pair where figures do not fit", async () => {
    const narrow = { ...style, width: 60 };
    await expect(matrixText(mesh(3, faults), narrow)).toMatchFileSnapshot(
      golden("matrix-3-narrow"),
    );
  });
  it("stays within 100 columns with 32 agents", async () => {
    const text = matrixText(mesh(32, faults), style);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    await expect(text).toMatchFileSnapshot(golden("matrix-32"));
  });
  it("shows one line for each cell when wide", async () => {
    const wide = matrixText(mesh(2, faults), { ...style, wide: true });
    await expect(wide).toMatchFileSnapshot(golden("matrix-wide"));
  });
  it("lists at most matrixProblemsMax pairs below the grid and counts the others", () => {
    const all = mesh(10);
    const broken = Object.fromEntries(
      all.sources.flatMap((source) => all.targets.map((target) => [`${source} ${target}`, down])),
    );
    const text = matrixText(mesh(10, broken), style);
    const listed = text.split("\n").filter((line) => line.includes(" timeout "));
    expect(listed).toHaveLength(matrixProblemsMax);
    expect(text).toContain(`… and ${10 * 19 - matrixProblemsMax} more`);
  });
  it("knows an agent and its node for one where the node's name is an IPv6 address", () => {
    const matrix: MatrixView = {
      ...mesh(1),
      sources: ["fd00--1.pod", "fd00--2.pod"],
      targets: ["node/fd00::1", "node/fd00::2"],
      rows: new Map([
        ["fd00--1.pod", new Map([["node/fd00::2", cell("node/fd00::2")]])],
        ["fd00--2.pod", new Map([["node/fd00::1", cell("node/fd00::1")]])],
      ]),
    };
    const text = matrixText(matrix, style);
    expect(text).toMatch(/1 fd00--1 +\\ +412µs/);
    expect(text).not.toContain("target only");
  });

  it("says so when there is no agent", () => {
    expect(matrixText(mesh(0), style)).toContain("No agent has connected yet");
  });
  it("paints for a terminal without moving columns", () => {
    const painted = matrixText(mesh(3, faults), { ...style, paint: terminalPaint });
    expect(painted).toContain("\u001b[31m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: takes the colours out again
    const plain = painted.replaceAll(/\u001b\[[0-9]+m/g, "").replaceAll(/ +\n/g, "\n");
    expect(plain).toBe(matrixText(mesh(3, faults), style));
  });
});

describe("worstText()", () => {
  it("shows pairs in the order given", async () => {
    const pairs = [
      { source: "node-1.pod", cell: cell("node-2.pod", down) },
      { source: "node-2.pod", cell: cell("node/node-1", { rttUs: 61_000_000 }) },
    ];
    await expect(worstText(pairs, { ...style, wide: true })).toMatchFileSnapshot(golden("worst"));
  });
});

describe("pairText()", () => {
  const kind = (name: string, more: Partial<PairKindView> = {}): PairKindView => ({
    kind: name,
    state: "ok",
    destination: "127.2.0.2:6100",
    outcome: "ok",
    detail: "",
    rttUs: 350,
    measuredAtMs: nowMs - 2000,
    sent: 6,
    lost: 0,
    rttUsP50: 340,
    rttUsP99: 1200,
    ...more,
  });
  const way = { source: "node-1.pod", target: "node-2.pod" };
  it("shows both directions", async () => {
    const pair = {
      ...way,
      kinds: [
        kind("icmp", { destination: "127.2.0.2" }),
        kind("tcp", {
          state: "down",
          outcome: "refused",
          rttUs: undefined,
          lost: 6,
          detail: "nothing listens",
        }),
      ],
      reverse: { source: "node-2.pod", target: "node-1.pod", kinds: [] },
    };
    await expect(pairText(pair, style)).toMatchFileSnapshot(golden("pair"));
  });
  it("says so when the target does not probe", () => {
    const text = pairText({ ...way, kinds: [kind("tcp")], reverse: undefined }, style);
    expect(text).toContain("node-2.pod does not probe");
  });
  it("shows a run", async () => {
    const results = [
      { kind: "tcp", destination: "127.2.0.2:6100", outcome: "ok", rttUs: 99, detail: "" },
      {
        kind: "udp",
        destination: "127.2.0.2:6100",
        outcome: "timeout",
        rttUs: undefined,
        detail: "no answer",
      },
    ];
    await expect(runText({ ...way, results }, style)).toMatchFileSnapshot(golden("probe"));
  });
});

describe("units", () => {
  it.each([
    [undefined, "-"],
    [1, "1µs"],
    [999, "999µs"],
    [1000, "1.00ms"],
    [12_500, "12.5ms"],
    [123_456, "123ms"],
    [999_499, "999ms"],
    [999_500, "1.00s"],
    [61_000_000, "61.0s"],
  ])("rttText(%s) is %s", (us, text) => expect(rttText(us)).toBe(text));
  it.each([
    [undefined, "-"],
    [0, "0%"],
    [0.0001, "0.1%"],
    [0.05, "5.0%"],
    [0.12, "12%"],
    [0.999, "99%"],
    [1, "100%"],
  ])("lossText(%s) is %s", (ratio, text) => expect(lossText(ratio)).toBe(text));
  it.each([
    [undefined, "-"],
    [nowMs + 5000, "0s"],
    [nowMs - 119_000, "119s"],
    [nowMs - 120_000, "2m"],
    [nowMs - 7_200_000, "2h"],
    [nowMs - 200_000_000, "2d"],
  ])("ageText(%s) is %s", (atMs, text) => expect(ageText(atMs, nowMs)).toBe(text));
});

describe("tableText()", () => {
  it("keeps control characters of names away from the terminal", () => {
    expect(tableText(["A", "B"], [["x\u001b[31m\n", "y"]])).toBe("A        B\nx?[31m?  y\n");
  });
});

describe("screenText()", () => {
  it("fits the rows and counts what does not", () => {
    const text = Array.from({ length: 9 }, (_, i) => `line ${i}\n`).join("");
    expect(screenText(text, 5).split("\n")).toHaveLength(5);
    expect(screenText(text, 5)).toContain("… 6 more lines");
    expect(screenText(text, 40)).not.toContain("more lines");
  });
});
