import { describe, expect, it } from "vitest";
import { goneAgentsMax, tallyRowsMax } from "../../../server/limits.js";
import { compareWorst, destinationOf } from "../../../server/mesh/mesh-view.js";
import { otherNode, ProbeTally } from "../../../server/mesh/probe-tally.js";
import { agentView, measureAll, TestMesh, threeNodeMesh } from "../../support/mesh-fixtures.js";

const queryOf = (mesh: TestMesh) => ({ nowUnixUs: mesh.clock.wallMs() * 1000, windowS: 60 });

describe("LiveMesh", () => {
  it("drops what a forgotten agent measured and what was measured to it", () => {
    const mesh = threeNodeMesh();
    measureAll(mesh);
    expect(mesh.live.matrix.cellCount).toBe(36);
    mesh.remove("n2.pod");
    expect(mesh.live.matrix.cellCount).toBe(24);
    mesh.live.refresh();
    // Of 12 cells each: n1 and n3 lose the six to n2 and its node.
    expect(mesh.live.matrix.cellCount).toBe(12);
    const [agent] = mesh.live.view.agents();
    if (agent === undefined) throw new Error("no agent");
    const targets = mesh.live.view.cellsOf(agent, queryOf(mesh)).map(({ target }) => target);
    expect(new Set(targets)).toEqual(new Set(["node/n3", "n3.pod"]));
  });

  it("keeps a node's cells as long as another agent stands on it", () => {
    const mesh = threeNodeMesh();
    mesh.put(agentView({ agentId: "n2.host", plane: "host", nodeIp: "10.0.0.2" }));
    measureAll(mesh);
    mesh.remove("n2.pod");
    mesh.live.refresh();
    const cells = [...mesh.live.matrix.targetsOf("n1.pod")].map((id) => mesh.interner.keyOf(id));
    expect(cells).toContain("icmp|node/n2");
    expect(cells).not.toContain("icmp|n2.pod");
  });

  it("skips an agent's own entries and shows what is fresh without being planned", () => {
    const mesh = threeNodeMesh();
    const agent = mesh.live.view.agent("n1.pod");
    if (agent === undefined) throw new Error("no agent");
    mesh.measure("n1.pod", [{ target: "dns/former", kind: "dns" }]);
    const targets = () =>
      new Set(mesh.live.view.cellsOf(agent, queryOf(mesh)).map(({ target }) => target));
    expect(targets()).toEqual(new Set(["node/n2", "node/n3", "n2.pod", "n3.pod", "dns/former"]));
    mesh.clock.advance(181_000);
    expect(targets()).toEqual(new Set(["node/n2", "node/n3", "n2.pod", "n3.pod"]));
  });

  it("gives counters up when goneAgentsMax agents have gone, scraped or not", () => {
    const mesh = new TestMesh();
    for (let node = 0; node <= goneAgentsMax; node++) {
      const agentId = `n${node}.pod`;
      mesh.put(agentView({ agentId }));
      mesh.measure(agentId, [{ target: "dns/x", kind: "dns" }]);
      mesh.remove(agentId);
    }
    expect([...mesh.live.tally.rows()]).toEqual([]);
  });

  it("counts by the zone that an agent has by now", () => {
    const mesh = threeNodeMesh();
    const zones = () => [...mesh.live.tally.rows()].map(({ labels }) => labels.dstZone);
    mesh.measure("n1.pod", [{ target: "n2.pod", kind: "icmp" }]);
    expect(zones()).toEqual(["a"]);
    mesh.put(agentView({ agentId: "n2.pod", zone: "c" }));
    mesh.live.refresh();
    mesh.measure("n1.pod", [{ target: "n2.pod", kind: "icmp" }]);
    mesh.measure("n1.pod", [{ target: "node/n3", kind: "icmp" }]);
    expect(zones()).toEqual(["a", "c", "b"]);
  });
});

describe("ProbeTally", () => {
  it("counts all nodes beyond tallyRowsMax together", () => {
    let node = 0;
    const tally = new ProbeTally(() => ({ srcNode: `n${node++}`, dstZone: "", kind: "icmp" }));
    for (let row = 0; row < tallyRowsMax + 100; row++) tally.add(tally.rowFor("", 0), 500, 1);
    const rows = [...tally.rows()];
    expect(rows.length).toBeLessThanOrEqual(tallyRowsMax);
    const total = rows.reduce((sum, { results }) => sum + (results[1] ?? 0), 0);
    expect(total).toBe(tallyRowsMax + 100);
    const other = rows.find(({ labels }) => labels.srcNode === otherNode);
    expect(other?.results[1]).toBeGreaterThanOrEqual(100);
  });
});

describe("compareWorst()", () => {
  it("orders by state, then loss, then round-trip time", () => {
    const view = (state: "ok" | "down" | "degraded" | "stale", lost: number, rttUs: number) => ({
      state,
      lost,
      sent: 10,
      rttUs,
      last: { outcome: "ok" as const, rttUs, measuredUnixUs: 0, detail: "" },
    });
    const sorted = [
      view("down", 10, 1),
      view("degraded", 5, 1),
      view("degraded", 2, 9),
      view("stale", 0, 1),
      view("ok", 0, 9),
      view("ok", 0, 1),
      undefined,
    ];
    expect([...sorted].reverse().sort(compareWorst)).toEqual(sorted);
  });
});

describe("destinationOf()", () => {
  const probe = (fields: object) => ({
    kind: "tcp" as const,
    address: "",
    port: 0,
    timeoutMs: 1,
    hostName: "",
    httpPath: "",
    expectPodUid: "",
    ...fields,
  });
  it.each([
    [{ kind: "icmp" as const, address: "10.0.0.1" }, "10.0.0.1"],
    [{ address: "10.0.0.1", port: 22 }, "10.0.0.1:22"],
    [{ address: "fd00::1", port: 22 }, "[fd00::1]:22"],
    [{ hostName: "web", port: 80 }, "web:80"],
    [{ kind: "dns" as const, hostName: "web", port: 53 }, "web"],
  ])("prints %j as %s", (fields, text) => {
    expect(destinationOf(probe(fields))).toBe(text);
  });
});
