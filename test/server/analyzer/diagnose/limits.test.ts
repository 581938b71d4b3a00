import { describe, expect, it } from "vitest";
import {
  diagnosisEndpointsMax,
  diagnosisPodsMax,
  diagnosisPortsMax,
  diagnosisServicesMax,
  diagnosisWaysMax,
  evidencePerCauseMax,
  idlePoliciesMax,
  messageCharsMax,
  namesTextMax,
  selectingPoliciesMax,
  shownFindingsMax,
} from "../../../../server/analyzer/diagnose/limits.js";
import type { PodObject } from "../../../../server/analyzer/model/objects.js";
import { workloadObject } from "../../../support/cluster-objects.js";
import {
  apiPod,
  apiService,
  cluster,
  clusterWithout,
  codesOf,
  diagnosed,
  isolating,
  webPod,
} from "../../../support/diagnosis-cluster.js";
import { labelled } from "../../../support/policy-parts.js";

/** Goal: every bound is reached, and what is left out is said. */

const many = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const owner = { kind: "StatefulSet", name: "api" };
const replica = (index: number, parts: Partial<PodObject> = {}): PodObject =>
  apiPod({ name: `api-${index}`, ips: [`10.244.2.${100 + index}`], owner, ...parts });

const workload = workloadObject("shop/api", { kind: "StatefulSet" });
const bare = clusterWithout("EndpointSlice/shop/api-1", "Pod/shop/api", "Service/shop/api");

const limitsOf = (...asked: Parameters<typeof diagnosed>): readonly string[] =>
  diagnosed(...asked).limits.map(({ what }) => what);

describe("bounds of a diagnosis", () => {
  it("look at diagnosisPodsMax pods of a workload", () => {
    const objects = [...bare, workload, ...many(diagnosisPodsMax + 2, (index) => replica(index))];
    expect(limitsOf(objects, { podB: "shop/api[StatefulSet]" })).toContain("2 more pods");
  });

  it("judge diagnosisPortsMax ports that were not asked for", () => {
    const ports = many(diagnosisPortsMax + 3, (index) => ({
      port: 8000 + index,
      protocol: "TCP" as const,
      container: "api",
    }));
    expect(limitsOf(cluster(apiPod({ ports })))).toContain("3 more ports");
  });

  it("judge diagnosisWaysMax connections", () => {
    const ports = many(diagnosisPortsMax, (index) => ({
      port: 8000 + index,
      protocol: "TCP" as const,
      container: "api",
    }));
    const web = { kind: "StatefulSet", name: "web" };
    const objects = [
      ...bare,
      workload,
      workloadObject("shop/web", { kind: "StatefulSet" }),
      ...many(diagnosisPodsMax, (index) => replica(index, { ports })),
      ...many(diagnosisPodsMax, (index) =>
        webPod({ name: `web-${index}`, ips: [`10.244.1.${100 + index}`], owner: web }),
      ),
    ];
    const all = diagnosisPodsMax * diagnosisPodsMax * diagnosisPortsMax;
    expect(all).toBeGreaterThan(diagnosisWaysMax);
    expect(
      limitsOf(objects, { podA: "shop/web[StatefulSet]", podB: "shop/api[StatefulSet]" }),
    ).toContain(`${all - diagnosisWaysMax} more connections`);
  });

  it("judge ways of every mode where there are too many of one", () => {
    const ports = many(diagnosisPortsMax, (index) => ({
      name: `p${index}`,
      port: 8065 + index,
      protocol: "TCP" as const,
      container: "api",
    }));
    const objects = [
      ...bare,
      apiService(),
      workload,
      workloadObject("shop/web", { kind: "StatefulSet" }),
      ...many(diagnosisPodsMax, (index) => replica(index, { ports })),
      ...many(diagnosisPodsMax, (index) =>
        webPod({ name: `web-${index}`, owner: { kind: "StatefulSet", name: "web" } }),
      ),
    ];
    const question = { podA: "shop/web[StatefulSet]", podB: "shop/api[StatefulSet]" };
    expect(diagnosed(objects, question).request.accessModes).toEqual([
      "podIP",
      "serviceIP",
      "name",
    ]);
  });

  it("show shownFindingsMax risks, the gravest first", () => {
    const open = many(shownFindingsMax + 3, (index) =>
      isolating(`allow-${index}`, { ingress: [{}] }),
    );
    const killed = { name: "api", ready: true, restartCount: 1, lastTerminated: "OOMKilled" };
    const answer = diagnosed(cluster(...open, apiPod({ containers: [killed] })), { port: 8080 });
    expect(answer.latent).toHaveLength(shownFindingsMax);
    expect(answer.latent[0]?.code).toBe("POD_OOMKILLED");
    expect(answer.limits.map(({ what }) => what)).toContain("4 more causes and risks");
  });

  it("name selectingPoliciesMax policies that select an end, those that allow first", () => {
    const few = many(selectingPoliciesMax + 5, (index) => isolating(`deny-${index}`));
    const allow = isolating("zz-allow", { ingress: [{}] });
    const answer = diagnosed(cluster(...few, allow), { port: 8080 });
    expect(answer.policy.policiesSelecting).toHaveLength(selectingPoliciesMax);
    expect(answer.policy.policiesSelecting).toContainEqual({
      ref: "shop/zz-allow",
      direction: "ingress",
      allows: true,
    });
    expect(answer.limits.map(({ what }) => what)).toContain("6 more policies that select an end");
    expect(answer.status).toBe("connected");
  });

  it("say that no port is known only where none is judged", () => {
    const declared = cluster(apiPod({ ports: [] }));
    expect(limitsOf(declared)).toContain("a port");
    expect(limitsOf(cluster(), { podB: "svc/shop/api" })).not.toContain("a port");
    expect(limitsOf(cluster(), { podB: "dns/example.com" })).toContain("a port");
  });

  it("judge diagnosisServicesMax Services of a pod", () => {
    const services = many(diagnosisServicesMax + 1, (index) =>
      apiService({ name: `api-${index}`, clusterIps: [`10.96.1.${index + 1}`] }),
    );
    expect(limitsOf([...clusterWithout("Service/shop/api"), ...services])).toContain(
      "1 more Services",
    );
  });

  it("judge diagnosisEndpointsMax endpoints of a Service", () => {
    const pods = many(diagnosisEndpointsMax + 4, (index) => replica(index));
    expect(limitsOf([...bare, apiService(), ...pods], { podB: "svc/shop/api" })).toContain(
      "4 more endpoints",
    );
  });

  it("name namesTextMax policies in a text, and count the others", () => {
    const policies = many(namesTextMax + 2, (index) => isolating(`deny-${index}`));
    const [issue = ""] = diagnosed(cluster(...policies)).issues;
    expect(issue).toContain("NetworkPolicy shop/deny-2 and 2 more block ingress");
  });

  it("name namesTextMax rules that allow, and endpoints that are not ready", () => {
    const open = many(namesTextMax + 2, (index) => isolating(`allow-${index}`, { ingress: [{}] }));
    const [verdict] = diagnosed(cluster(...open), { port: 8080 }).verdicts;
    expect(verdict?.static.by).toMatch(/^shop\/allow-0 ingress rule 1, .* and 2 more$/);
    const conditions = [{ type: "Ready", status: "False" }] as const;
    const pods = many(namesTextMax + 4, (index) => replica(index, { conditions }));
    const { evidence } = diagnosed([...bare, apiService(), ...pods], { podB: "svc/shop/api" });
    expect(evidence.find(({ data }) => data["not_ready"] !== undefined)?.data["not_ready"]).toBe(
      "shop/api-0, shop/api-1, shop/api-2 and 4 more",
    );
  });

  it("look for idle policies among idlePoliciesMax", () => {
    const idle = (index: number) =>
      isolating(`idle-${String(index).padStart(4, "0")}`, {
        podSelector: labelled("component", "gone"),
      });
    const beyond = isolating("zz", { podSelector: labelled("app", "apii") });
    const few = [...cluster(isolating("deny-all"), apiPod({ labels: { app: "apiii" } }), beyond)];
    expect(codesOf(diagnosed(few))).toContain("NETPOL_SELECTOR_TYPO");
    expect(codesOf(diagnosed([...few, ...many(idlePoliciesMax, idle)]))).not.toContain(
      "NETPOL_SELECTOR_TYPO",
    );
  });

  it("refer to evidencePerCauseMax observations", () => {
    const policies = many(evidencePerCauseMax + 5, (index) => isolating(`deny-${index}`));
    const [cause] = diagnosed(cluster(...policies)).causes;
    expect(cause?.evidence).toHaveLength(evidencePerCauseMax);
  });

  it("repeat messageCharsMax characters of a message", () => {
    const message = "x".repeat(messageCharsMax + 50);
    const { nodeName: _, ...pod } = apiPod({
      phase: "Pending",
      ips: [],
      conditions: [{ type: "PodScheduled", status: "False", message }],
    });
    const evidence = diagnosed([...clusterWithout("Pod/shop/api"), pod]).evidence;
    const text = evidence.find(({ data }) => data["message"] !== undefined)?.data["message"] ?? "";
    expect(text).toBe(`${"x".repeat(messageCharsMax)}…`);
  });
});
