import { describe, expect, it } from "vitest";
import { reportProblemsMax } from "../../../server/limits.js";
import { problemText, renderMarkdown, renderText } from "../../../server/report/render.js";
import { createReport, type Report, reportLangs } from "../../../server/report/report.js";
import { subjectOf } from "../../../server/report/wording.js";
import {
  agentView,
  type FakeResult,
  measureAll,
  TestMesh,
  threeNodeMesh,
} from "../../support/mesh-fixtures.js";

const reportOf = (mesh: TestMesh): Report =>
  createReport(
    { view: mesh.live.view, legacy: mesh.legacy },
    { wallMs: mesh.clock.wallMs(), windowS: 60 },
  );

const problems = (mesh: TestMesh): string[] => {
  const report = reportOf(mesh);
  return report.problems.map(
    (problem) => `${problem.severity} ${subjectOf(problem)}: ${problemText(problem, report, "en")}`,
  );
};

/** A mesh with a fault of every sort. */
const brokenMesh = (): TestMesh => {
  const mesh = new TestMesh();
  const { settings } = agentView({ agentId: "x.pod" });
  const custom = { ...settings, customServiceName: "web.default" };
  for (const number of [1, 2, 3, 4]) {
    mesh.put(
      agentView({
        agentId: `n${number}.pod`,
        nodeIp: `10.0.0.${number}`,
        podIps: [`10.244.${number}.5`],
        settings: number === 1 ? custom : settings,
        ...(number === 4 ? { state: "lost" as const, reason: "frames_missing" } : {}),
        ...(number === 2 ? { planError: "probe of kind smoke is unknown" } : {}),
      }),
    );
  }
  mesh.clock.advance(90_000);
  const outcome = (
    source: string,
    { target, kind }: FakeResult,
  ): Partial<FakeResult> | undefined => {
    if (source === "n4.pod") return undefined;
    if (target === "n4.pod" || target === "node/n4") return { outcome: "timeout" };
    if (target === "n3.pod" && kind === "icmp" && source === "n1.pod")
      return { outcome: "timeout" };
    if (target === "n2.pod" && kind === "tcp" && source === "n3.pod") {
      return { outcome: "refused", rttUs: 300, detail: "RST from 10.244.2.5" };
    }
    if (target.startsWith("dns/")) return kind === "dns" ? { outcome: "dns_servfail" } : undefined;
    return { rttUs: 1_250 };
  };
  measureAll(mesh, outcome);
  mesh.measure("n2.pod", [{ target: "n1.pod", kind: "udp", outcome: "timeout", agoMs: 5_000 }]);
  const times = { nowMs: mesh.clock.nowMs(), wallMs: mesh.clock.wallMs() };
  mesh.legacy.heartbeat(
    { namespace: "kube-system", nodeIp: "10.0.0.9", podIp: "10.244.9.5", podName: "client-x" },
    times,
  );
  const posted = { latencyNs: 1e6, durationNs: 2e6, measuredUnixMs: times.wallMs, sourceIp: "" };
  mesh.legacy.submit(
    "hosts",
    {
      sourceIp: "10.244.9.5",
      results: [
        { ...posted, targetIp: "10.0.0.1", ping: "reachable", ports: { "22": "open" } },
        { ...posted, targetIp: "10.0.0.2", ping: "reachable", ports: { "22": "closed" } },
      ],
    },
    times,
  );
  return mesh;
};

describe("report", () => {
  const meshes = { healthy: threeNodeMesh(), broken: brokenMesh(), empty: new TestMesh() };
  measureAll(meshes.healthy, () => ({ rttUs: 1_250 }));
  for (const [name, mesh] of Object.entries(meshes)) {
    for (const lang of reportLangs) {
      it(`prints the ${name} mesh in ${lang}`, async () => {
        const report = reportOf(mesh);
        const golden = `../../golden/report/${name}.${lang}`;
        await expect(renderText(report, lang)).toMatchFileSnapshot(`${golden}.txt`);
        await expect(renderMarkdown(report, lang)).toMatchFileSnapshot(`${golden}.md`);
      });
    }
  }

  it("makes one problem of a target that nobody reaches", () => {
    const mesh = threeNodeMesh();
    measureAll(mesh, (_, { target }) => (target === "n3.pod" ? { outcome: "timeout" } : {}));
    expect(problems(mesh)).toEqual([
      expect.stringMatching(
        /^critical n3\.pod: no source of 2 reaches it\. icmp 10\.244\.3\.5, tcp 10\.244\.3\.5:6100, .*: no answer in time.*Nothing comes back by any protocol/,
      ),
    ]);
  });

  it("makes one problem of a source that reaches nobody", () => {
    const mesh = threeNodeMesh();
    measureAll(mesh, (source) => (source === "n1.pod" ? { outcome: "net_unreachable" } : {}));
    expect(problems(mesh)).toEqual([
      expect.stringMatching(
        /^critical n1\.pod: reaches none of its 4 targets\..*no route to the network/,
      ),
    ]);
  });

  it("tells a filter of ports from a filter of pings", () => {
    const mesh = threeNodeMesh();
    measureAll(mesh, (source, { target, kind }) => {
      if (source === "n1.pod" && target === "n2.pod" && kind !== "icmp")
        return { outcome: "timeout" };
      if (source === "n2.pod" && target === "n1.pod" && kind === "icmp")
        return { outcome: "timeout" };
      return {};
    });
    expect(problems(mesh)).toEqual([
      expect.stringMatching(
        /^high n1\.pod -> n2\.pod: .*answers ping: a NetworkPolicy or a firewall/,
      ),
      expect.stringMatching(/^high n2\.pod -> n1\.pod: .*Only ping fails/),
    ]);
  });

  it("says how much is lost, and what is not measured any more", () => {
    const mesh = threeNodeMesh();
    mesh.measure("n1.pod", [
      { target: "n2.pod", kind: "icmp", agoMs: 20_000 },
      { target: "n2.pod", kind: "icmp", outcome: "timeout", agoMs: 10_000 },
      { target: "n2.pod", kind: "icmp", agoMs: 1_000 },
      { target: "n3.pod", kind: "icmp", agoMs: 45_000 },
    ]);
    expect(problems(mesh)).toEqual([
      "medium n1.pod -> n2.pod: icmp 10.244.2.5: 1 of 3 probes lost.",
      "medium n1.pod -> n3.pod: icmp 10.244.3.5: not measured for 45 s.",
    ]);
  });

  it("lists reportProblemsMax problems and counts the rest", () => {
    const mesh = new TestMesh();
    for (let node = 0; node < reportProblemsMax + 7; node++) {
      mesh.put(agentView({ agentId: `n${String(node).padStart(3, "0")}.pod`, state: "lost" }));
    }
    const report = reportOf(mesh);
    expect(report.problems).toHaveLength(reportProblemsMax);
    expect(report.problemsOmitted).toBe(7);
    expect(renderText(report, "en")).toContain("and 7 more");
    expect(renderText(report, "zh")).toContain("另有 7 个问题未列出");
  });

  it("lets nobody write lines or markup of their own", () => {
    const mesh = threeNodeMesh();
    mesh.measure("n1.pod", [
      { target: "n2.pod", kind: "icmp", outcome: "timeout", detail: "a\n# b\u2028<img> |c|" },
    ]);
    const text = renderText(reportOf(mesh), "en");
    expect(text).toContain("a # b <img> |c|");
    const markdown = renderMarkdown(reportOf(mesh), "en");
    expect(markdown).toContain("a \\# b \\<img> \\|c\\|");
  });
});
