import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { schemaVersion } from "../../../../server/analyzer/diagnose/answer/answer-of.js";
import { rfc3339 } from "../../../../server/analyzer/diagnose/answer/rfc3339.js";
import { diagnose } from "../../../../server/analyzer/diagnose/diagnose.js";
import { allCases } from "../../../support/diagnosis-all-cases.js";
import {
  apiPod,
  apiService,
  askedAtMs,
  cluster,
  clusterWithout,
  diagnosed,
  dnsPod,
  isolating,
  webPod,
  webToApi,
} from "../../../support/diagnosis-cluster.js";
import { objectWorld } from "../../../support/manifest-world.js";

/** Goal: the answer has the shape that clients rely on, whatever was found. */

const unready = { conditions: [{ type: "Ready", status: "False" }] } as const;

describe("the answer", () => {
  it("begins with the six fields that the first clients knew, in their order", () => {
    expect(Object.keys(diagnosed(cluster())).slice(0, 6)).toEqual([
      "podA",
      "podB",
      "status",
      "confidence",
      "issues",
      "solutions",
    ]);
  });

  it("is byte by byte that of the first description for a healthy pair, the confidence apart", () => {
    const { podA, podB, status, issues, solutions } = diagnosed(cluster());
    const base = { pod_a: podA, pod_b: podB, status, issues, solutions };
    expect(JSON.stringify(base)).toBe(
      '{"pod_a":"shop/web","pod_b":"shop/api","status":"connected","issues":[],"solutions":["No obvious issues detected"]}',
    );
  });

  it("carries the labels it was given", () => {
    const context = { analysisId: "01J", startedAtMs: askedAtMs + 120, durationMs: 7 };
    expect(diagnose(objectWorld(cluster()), webToApi, context)).toMatchObject({
      schemaVersion,
      analysisId: "01J",
      startedAt: "2025-11-24T00:00:00.120Z",
      durationMs: 7,
      unexplainedProbes: [],
      probes: [],
    });
  });

  it("says of probes that there were none", () => {
    for (const { live, agreement } of diagnosed(cluster()).verdicts) {
      expect({ live: live.verdict, agreement }).toEqual({
        live: "unavailable",
        agreement: "static-only",
      });
    }
    expect(diagnosed(cluster()).limits[0]?.what).toBe("live probes");
  });

  it("keeps to its words, refers to evidence that is there, and gives each issue something to do", () => {
    for (const { shows } of allCases) {
      const answer = diagnosed(shows.objects, shows.question, shows.options);
      const ids = new Set(answer.evidence.map(({ id }) => id));
      const referred = [
        ...[...answer.causes, ...answer.latent].flatMap(({ evidence }) => evidence),
        ...answer.path.map(({ evidence }) => evidence).filter((id) => id !== ""),
      ];
      expect(referred.filter((id) => !ids.has(id))).toEqual([]);
      expect(ids.size).toBe(answer.evidence.length);
      expect(["connected", "degraded", "disconnected", "unknown"]).toContain(answer.status);
      expect(answer.solutions.length).toBeGreaterThan(0);
      expect(answer.solutions.includes("No obvious issues detected")).toBe(
        answer.issues.length === 0,
      );
      for (const cause of [...answer.causes, ...answer.latent]) {
        expect(cause.probability).toBeGreaterThanOrEqual(0);
        expect(cause.probability).toBeLessThanOrEqual(1);
        expect(["critical", "high", "medium", "low", "info"]).toContain(cause.severity);
      }
      for (const { static: said } of answer.verdicts) {
        expect(["allow", "deny", "broken", "unknown"]).toContain(said.verdict);
      }
    }
  });

  it("shows the masked fault further on the path", () => {
    const both = isolating("deny-both", { isolates: ["ingress", "egress"] });
    const hops = diagnosed(cluster(both), { port: 8080 }).path;
    expect(hops.filter(({ result }) => result === "drop").map(({ check }) => check)).toEqual([
      "egress policies",
      "ingress policies",
    ]);
  });

  it("names policies that select, with when they were made", () => {
    const answer = diagnosed(
      cluster(isolating("deny-all", { createdAtMs: askedAtMs - 86_400_000 })),
    );
    expect(answer.policy.policiesSelecting).toEqual([
      {
        ref: "shop/deny-all",
        direction: "ingress",
        allows: false,
        created: "2025-11-23T00:00:00Z",
      },
    ]);
    expect(answer.policy.walkthrough).toBe(
      "egress: [default] allowed; ingress: [NP] denied (shop/deny-all)",
    );
  });

  it("is the same whatever the order of the objects", () => {
    const sample = allCases.filter((_, index) => index % 7 === 0);
    fc.assert(
      fc.property(fc.constantFrom(...sample), fc.infiniteStream(fc.nat()), ({ shows }, numbers) => {
        const keyed = shows.objects.map((object) => ({
          object,
          key: numbers.next().value as number,
        }));
        const shuffled = keyed
          .sort((one, other) => one.key - other.key)
          .map(({ object }) => object);
        expect(diagnosed(shuffled, shows.question, shows.options)).toEqual(
          diagnosed(shows.objects, shows.question, shows.options),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe("compat: seed", () => {
  const dnsDown = [dnsPod("n1", unready), dnsPod("n2", unready)];

  it("says connected where the way that was asked for works and another does not", () => {
    expect(diagnosed(cluster(...dnsDown)).status).toBe("degraded");
    expect(diagnosed(cluster(...dnsDown), { compat: "seed" }).status).toBe("connected");
  });

  it("says disconnected where that way is down", () => {
    const answer = diagnosed(cluster(...dnsDown), { podB: "svc/shop/api", compat: "seed" });
    expect(answer.status).toBe("disconnected");
    expect(answer.request.compat).toBe("seed");
  });

  it("gives the numbers that the first clients got", () => {
    expect(diagnosed(cluster(), { compat: "seed" }).confidence).toBe(0.9);
    expect(diagnosed(cluster(apiPod({ ips: [] })), { compat: "seed" })).toMatchObject({
      status: "disconnected",
      confidence: 0.6,
    });
    const worst = diagnosed(
      cluster(
        isolating("deny", { isolates: ["ingress", "egress"] }),
        apiPod({ ips: [] }),
        ...dnsDown,
      ),
      { compat: "seed" },
    );
    expect(worst.confidence).toBeGreaterThanOrEqual(0.3);
  });
});

describe("times", () => {
  it("are written as RFC 3339 in UTC", () => {
    for (const ms of [0, 951_782_400_000, 1_709_164_799_999, askedAtMs, 4_102_444_800_001]) {
      expect(rfc3339(ms)).toBe(new Date(ms).toISOString().replace(".000Z", "Z"));
    }
  });

  it("are empty where they are none", () => {
    expect([Number.NaN, -1, Number.POSITIVE_INFINITY, 9e15].map(rfc3339)).toEqual(["", "", "", ""]);
  });

  it("agree with the calendar on any day", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
        expect(rfc3339(ms)).toBe(new Date(ms).toISOString().replace(".000Z", "Z"));
      }),
    );
  });
});

describe("what would tell more", () => {
  it("is trying the connection and the name from the source, and reading what is missing", () => {
    const answer = diagnosed(clusterWithout("Node//n1"), { podB: "svc/shop/api" });
    expect(answer.nextActions.map(({ action }) => action)).toEqual([
      "kubectl -n shop exec web -- nc -zvw4 10.96.0.20 80",
      "kubectl -n shop exec web -- nslookup api.shop",
      expect.stringContaining("kubectl get namespaces,pods,"),
    ]);
  });

  const actionsOf = (...args: Parameters<typeof diagnosed>): readonly string[] =>
    diagnosed(...args).nextActions.map(({ action }) => action);
  const outer = apiService({
    type: "LoadBalancer",
    loadBalancerIps: ["198.51.100.7"],
    ports: [{ port: 80, protocol: "TCP", targetPort: 8080, nodePort: 30080 }],
  });

  it.each([
    ["node/n2", 30080, "192.168.0.2 30080"],
    ["198.51.100.7", 80, "198.51.100.7 80"],
    ["10.96.0.20", 80, "10.96.0.20 80"],
  ])("is trying the address that was asked for: %s", (podB, port, target) => {
    expect(actionsOf(cluster(outer), { podB, port })).toContain(
      `kubectl -n shop exec web -- nc -zvw4 ${target}`,
    );
  });

  it("runs nothing in a pod that does not run", () => {
    const pending = webPod({ phase: "Pending", ips: [], conditions: [] });
    expect(actionsOf(cluster(pending), { podB: "svc/shop/api" }).join("\n")).not.toContain("exec");
  });

  it("is asking the other way round of the same input, under the same conventions", () => {
    expect(actionsOf(cluster(), {}, { inputs: ["dump.yaml"], profile: "calico" })).toContain(
      "causeway diagnose shop/api shop/web dump.yaml --profile calico",
    );
  });

  it("does not ask a pod for itself the other way round", () => {
    expect(actionsOf(cluster(), { podB: "shop/web" }).join("\n")).not.toContain("diagnose");
  });
});
