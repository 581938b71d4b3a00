import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { createMetrics, type Metrics } from "../../../server/http/metrics.js";
import {
  metricLabelsMax,
  metricNodesMax,
  metricsRenderedMs,
  metricWorstPairsMax,
} from "../../../server/limits.js";
import {
  agentView,
  HandClock,
  measureAll,
  TestMesh,
  threeNodeMesh,
} from "../../support/mesh-fixtures.js";
import { findProgram } from "../../support/programs.js";

const metricsOf = (mesh: TestMesh): Metrics =>
  createMetrics({
    mesh: mesh.live,
    legacy: mesh.legacy,
    clock: mesh.clock,
    version: "1.2.3",
    pendingAppends: () => 7,
  });

const linesOf = async (metrics: Metrics, name: string): Promise<string[]> =>
  (await metrics.render()).split("\n").filter((line) => line.startsWith(name));

describe("createMetrics()", () => {
  it("shows the mesh by node, zone, kind and result", async () => {
    const mesh = threeNodeMesh();
    measureAll(mesh, (source, { target, kind }) =>
      source === "n1.pod" && target === "n3.pod" && kind === "tcp"
        ? { outcome: "refused", rttUs: 300 }
        : { rttUs: 700 },
    );
    const metrics = metricsOf(mesh);
    const text = await metrics.render();
    expect(text).toContain(
      'causeway_probes_total{src_node="n1",dst_zone="b",kind="tcp",result="refused"} 1',
    );
    expect(text).toContain(
      'causeway_probes_total{src_node="n1",dst_zone="b",kind="icmp",result="ok"} 2',
    );
    expect(text).toContain(
      'causeway_probe_rtt_seconds_bucket{le="0.0005",src_node="n1",dst_zone="b",kind="icmp"} 0',
    );
    expect(text).toContain(
      'causeway_probe_rtt_seconds_bucket{le="0.001",src_node="n1",dst_zone="b",kind="icmp"} 2',
    );
    expect(text).toContain(
      'causeway_probe_rtt_seconds_count{src_node="n1",dst_zone="b",kind="icmp"} 2',
    );
    expect(text).toContain('causeway_node_loss_ratio{node="n1",direction="out"} 0.0833');
    expect(text).toContain('causeway_node_loss_ratio{node="n3",direction="in"} 0.0833');
    expect(text).toContain('causeway_node_loss_ratio{node="n2",direction="in"} 0\n');
    expect(text).toContain('causeway_node_rtt_seconds{node="n2",quantile="0.5"} 0.0007');
    expect(text).toContain("causeway_mesh_coverage_ratio 1\n");
    expect(text).toContain("causeway_mesh_oldest_pair_age_seconds 0\n");
    expect(text).toContain('causeway_agents{state="up"} 3');
    expect(text).toContain("causeway_matrix_cells 36\n");
    expect(text).toContain("causeway_ingest_pending_appends 7\n");
    expect(text).toMatch(/causeway_build_info\{version="1\.2\.3",node_version="[\d.]+"\} 1/);
    expect(text).toContain(
      'causeway_worst_pair_rtt_seconds{src="n1.pod",dst="n3.pod",kind="tcp"} 0.0003',
    );
  });

  it("counts what the cores count", async () => {
    const metrics = metricsOf(threeNodeMesh());
    metrics.count({ name: "results_accepted", label: "", by: 100 });
    metrics.count({ name: "results_rejected", label: "unknown_id", by: 3 });
    metrics.count({ name: "sessions_opened", label: "first", by: 1 });
    metrics.committed(0.002);
    metrics.loopDelay(12);
    metrics.loopUtilization(0.25);
    const text = await metrics.render();
    expect(text).toContain('causeway_ingest_results_total{result="accepted",reason=""} 100');
    expect(text).toContain(
      'causeway_ingest_results_total{result="rejected",reason="unknown_id"} 3',
    );
    expect(text).toContain('causeway_sessions_opened_total{reason="first"} 1');
    expect(text).toContain("causeway_ingest_commit_seconds_count 1");
    expect(text).toContain("causeway_event_loop_delay_seconds 0.012");
    expect(text).toContain("causeway_event_loop_utilization_ratio 0.25");
  });

  it("shows one state of load", async () => {
    const mesh = threeNodeMesh();
    const metrics = metricsOf(mesh);
    const shown = async () => {
      mesh.clock.advance(metricsRenderedMs);
      const lines = await linesOf(metrics, "causeway_server_load_state");
      return lines.filter((line) => line.endsWith(" 1"));
    };
    expect(await shown()).toEqual(['causeway_server_load_state{state="normal"} 1']);
    metrics.load("overloaded");
    expect(await shown()).toEqual(['causeway_server_load_state{state="overloaded"} 1']);
    expect(await linesOf(metrics, "causeway_server_load_state")).toHaveLength(3);
  });

  it("bounds the label values of a counter by metricLabelsMax", async () => {
    const metrics = metricsOf(threeNodeMesh());
    for (let index = 0; index < metricLabelsMax + 10; index++) {
      metrics.count({ name: "sessions_closed", label: `reason-${index}`, by: 1 });
    }
    const lines = await linesOf(metrics, "causeway_sessions_closed_total");
    expect(lines.length).toBe(metricLabelsMax + 1);
    expect(lines).toContain('causeway_sessions_closed_total{reason="other"} 10');
  });

  it("shows at most metricWorstPairsMax pairs, and renders once in metricsRenderedMs", async () => {
    const mesh = new TestMesh();
    for (let node = 0; node < 10; node++) {
      mesh.put(agentView({ agentId: `n${node}.pod`, podIps: [`10.1.0.${node}`] }));
    }
    measureAll(mesh);
    const metrics = metricsOf(mesh);
    const first = await metrics.render();
    const lines = await linesOf(metrics, "causeway_worst_pair_rtt_seconds");
    expect(lines.length).toBe(metricWorstPairsMax);
    mesh.clock.advance(metricsRenderedMs - 1);
    expect(await metrics.render()).toBe(first);
    mesh.clock.advance(1);
    expect(await metrics.render()).not.toBe(first);
  });

  it("shows at most metricNodesMax nodes", async () => {
    const mesh = new TestMesh();
    const count = metricNodesMax + 5;
    const agents = Array.from({ length: count }, (_, node) =>
      agentView({ agentId: `n${node}.pod`, plane: "host" }),
    );
    const directory = { agents: () => agents, agent: () => undefined };
    const { LiveMesh } = await import("../../../server/mesh/live-mesh.js");
    const live = new LiveMesh({ directory, planFor: () => [], interner: mesh.interner });
    for (const { agentId } of agents) {
      live.apply(agentId, mesh.columns([{ target: "dns/svc", kind: "dns" }]));
    }
    const metrics = createMetrics({
      mesh: live,
      legacy: mesh.legacy,
      clock: mesh.clock,
      version: "1",
      pendingAppends: () => 0,
    });
    const lines = await linesOf(metrics, "causeway_node_loss_ratio{");
    expect(lines.length).toBe(metricNodesMax);
  });

  it("forgets the counters of a node that is gone", async () => {
    const mesh = threeNodeMesh();
    measureAll(mesh);
    const metrics = metricsOf(mesh);
    expect((await linesOf(metrics, 'causeway_probes_total{src_node="n2"')).length).toBeGreaterThan(
      0,
    );
    mesh.remove("n2.pod");
    mesh.clock.advance(metricsRenderedMs);
    const text = await metrics.render();
    expect(text).not.toContain('"n2"');
    expect(text).toContain('causeway_probes_total{src_node="n1"');
  });

  const promtool = findProgram("promtool", {
    skips: "`promtool check metrics` on a made-up mesh",
    hint: "it comes with Prometheus (Debian: `apt-get install prometheus`)",
  });
  it.skipIf(promtool === undefined)("passes promtool check metrics", async () => {
    const mesh = threeNodeMesh(new HandClock());
    measureAll(mesh);
    const metrics = metricsOf(mesh);
    metrics.count({ name: "results_accepted", label: "", by: 1 });
    const checked = spawnSync(promtool ?? "", ["check", "metrics"], {
      input: await metrics.render(),
      encoding: "utf8",
    });
    expect(`${checked.stdout}${checked.stderr}`).toBe("");
    expect(checked.status).toBe(0);
  });
});
