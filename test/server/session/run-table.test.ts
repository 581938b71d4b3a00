import { describe, expect, it } from "vitest";
import { explanationBytesMax, runProbesMax } from "../../../common/limits.js";
import { runsOpenMax, runsPerAgentMax, runWaitMsMax } from "../../../server/limits.js";
import { ControlRig, only, sent, tcpProbe } from "../../support/control-rig.js";

const rigOf = (agents = 1): ControlRig => {
  const rig = new ControlRig();
  for (let stream = 1; stream <= agents; stream++) rig.join(stream, `n${stream}.pod`);
  rig.wait(500);
  return rig;
};

const codes = (outputs: Parameters<typeof only>[0]) =>
  only(outputs, "run_finished").map(({ result }) =>
    result.kind === "failed" ? result.code : result.kind,
  );

describe("runs on demand", () => {
  it("carry the deadline in the agent's terms", () => {
    const rig = rigOf();
    const [run] = sent(rig.run("r1", "n1.pod", 1500), "run");
    expect(run?.message).toMatchObject({
      requestId: "r1",
      vantage: "agent",
      deadlineUnixMs: rig.wallMs + 1500,
      probes: [tcpProbe],
    });
  });

  it("are runsPerAgentMax at most on one agent; one that ends makes room", () => {
    const rig = rigOf();
    for (let i = 0; i < runsPerAgentMax; i++) {
      expect(sent(rig.run(`r${i}`, "n1.pod"), "run")).toHaveLength(1);
    }
    expect(codes(rig.run("more", "n1.pod"))).toEqual(["resource_exhausted"]);
    rig.step({ kind: "cancel_run", requestId: "r0", nowMs: rig.nowMs });
    expect(sent(rig.run("again", "n1.pod"), "run")).toHaveLength(1);
  });

  it("are runsOpenMax at most over all agents", () => {
    const agents = runsOpenMax / runsPerAgentMax + 1;
    const rig = rigOf(agents);
    for (let i = 0; i < runsOpenMax; i++) {
      const agentId = `n${1 + Math.floor(i / runsPerAgentMax)}.pod`;
      expect(sent(rig.run(`r${i}`, agentId, 10_000), "run")).toHaveLength(1);
    }
    expect(codes(rig.run("more", `n${agents}.pod`))).toEqual(["resource_exhausted"]);
  });

  it("have 1 to runProbesMax probes and at most runWaitMsMax", () => {
    const rig = rigOf();
    const probes = Array(runProbesMax + 1).fill(tcpProbe);
    expect(codes(rig.run("r1", "n1.pod", 1000, probes))).toEqual(["invalid_argument"]);
    expect(codes(rig.run("r2", "n1.pod", 1000, []))).toEqual(["invalid_argument"]);
    expect(codes(rig.run("r3", "n1.pod", runWaitMsMax + 1))).toEqual(["invalid_argument"]);
    expect(codes(rig.run("r4", "n1.pod", Number.NaN))).toEqual(["invalid_argument"]);
  });

  it("end once: at the deadline, and what comes later is counted and left out", () => {
    const rig = rigOf();
    rig.run("r1", "n1.pod", 700);
    const outputs = rig.wait(1000);
    expect(codes(outputs)).toEqual(["deadline_exceeded"]);
    expect(sent(outputs, "cancel_run")).toHaveLength(1);
    const outcome = { requestId: "r1", results: [], error: "too late" };
    expect(codes(rig.message(1, { kind: "run_outcome", outcome }))).toEqual([]);
  });

  it("end with the stream, and only those of its agent", () => {
    const rig = rigOf(2);
    rig.run("r1", "n1.pod");
    rig.run("r2", "n2.pod");
    rig.run("r3", "n1.pod");
    const outputs = rig.closed(1);
    expect(only(outputs, "run_finished").map(({ requestId }) => requestId)).toEqual(["r1", "r3"]);
    expect(codes(outputs)).toEqual(["unavailable", "unavailable"]);
  });

  it("are not answered by another agent", () => {
    const rig = rigOf(2);
    rig.run("r1", "n1.pod");
    const outcome = { requestId: "r1", results: [], error: "not mine" };
    expect(codes(rig.message(2, { kind: "run_outcome", outcome }))).toEqual([]);
    expect(codes(rig.message(1, { kind: "run_outcome", outcome }))).toEqual(["outcome"]);
  });

  it("bound what an agent says went wrong", () => {
    const rig = rigOf();
    rig.run("r1", "n1.pod");
    const outcome = { requestId: "r1", results: [], error: "e".repeat(9000) };
    const [finished] = only(rig.message(1, { kind: "run_outcome", outcome }), "run_finished");
    expect(finished?.result).toMatchObject({ outcome: { error: "e".repeat(explanationBytesMax) } });
  });

  it("are refused for agents that are not up", () => {
    const rig = rigOf();
    rig.wait(11_000);
    expect(codes(rig.run("r1", "n1.pod"))).toEqual(["failed_precondition"]);
    expect(codes(rig.run("r2", "n9.pod"))).toEqual(["not_found"]);
  });
});
