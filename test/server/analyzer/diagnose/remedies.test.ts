import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { command, kubectl } from "../../../../server/analyzer/diagnose/findings/shell-words.js";
import { podObject } from "../../../support/cluster-objects.js";
import { allCases } from "../../../support/diagnosis-all-cases.js";
import { cluster, diagnosed, isolating } from "../../../support/diagnosis-cluster.js";

/** Goal: every remedy can be followed as it stands, and none takes protection away. */

const remedies = allCases.flatMap(({ code, shows }) => {
  const { causes, latent } = diagnosed(shows.objects, shows.question, shows.options);
  return [...causes, ...latent].flatMap(({ remediation }) =>
    remediation === undefined ? [] : [{ code, remediation }],
  );
});

describe("remedies", () => {
  it("are there for every code but doubts and the unknown", () => {
    const without = allCases.flatMap(({ shows }) => {
      const { causes, latent } = diagnosed(shows.objects, shows.question, shows.options);
      return [...causes, ...latent].filter(({ remediation }) => remediation === undefined);
    });
    expect([...new Set(without.map(({ code }) => code))].sort()).toEqual([
      "POLICY_CRD_UNMODELLED",
      "POLICY_UNDETERMINED",
      "UNKNOWN_CAUSE",
    ]);
  });

  it("are verified by the question that was asked, of the folders and under the conventions that it was asked of", () => {
    const { objects, question } = allCases[0]?.shows ?? { objects: [], question: undefined };
    const { causes } = diagnosed(objects, question, { inputs: ["a dump"], profile: "calico" });
    const [verify = ""] = causes.flatMap(({ remediation }) => remediation?.verify ?? []);
    expect(verify).toMatch(/^causeway diagnose \S+ \S+ 'a dump' .*--profile calico$/);
  });

  it("say what, why, how and how to see that it helped", () => {
    for (const { code, remediation } of remedies) {
      const { summary, why, steps, verify, risk } = remediation;
      expect({ code, summary: summary !== "", why: why !== "", steps: steps.length > 0 }).toEqual({
        code,
        summary: true,
        why: true,
        steps: true,
      });
      expect(verify).toMatch(/^causeway diagnose /);
      expect(["none", "low", "disruptive"]).toContain(risk);
    }
  });

  it("never stop a firewall, delete a policy, delete pods of a DaemonSet or flush rules", () => {
    const forbidden =
      /systemctl (stop|disable)|ufw disable|setenforce 0|iptables (-F|-X|--flush|-P \w+ ACCEPT)|nft flush|kubectl.* delete (pods?|networkpolic|clusternetworkpolic|daemonset|-f|--all)|kubectl.* delete .*--all\b|rm -rf/;
    const bad = remedies.filter(({ remediation: { steps, summary, patch } }) =>
      [...steps, summary, patch].some((text) => forbidden.test(text)),
    );
    expect(bad).toEqual([]);
  });

  it("take back only what they have added themselves", () => {
    for (const { remediation } of remedies) {
      if (remediation.why.includes("The patch is that of")) continue;
      for (const line of remediation.rollback
        .split(" && ")
        .filter((text) => / delete /.test(text))) {
        const name = line.split(" ").at(-1) ?? "";
        expect(remediation.patch).toContain(`name: ${name}`);
      }
    }
  });

  it("attach YAML that reads as a policy of the right namespace", () => {
    const patches = remedies
      .map(({ remediation }) => remediation.patch)
      .filter((text) => text !== "");
    expect(patches.length).toBeGreaterThan(5);
    for (const patch of patches) {
      for (const text of patch.split(/^---$/m)) {
        expect(parse(text)).toMatchObject({ kind: "NetworkPolicy" });
      }
    }
  });

  it("name a patch in the solution where there is one", () => {
    const answer = diagnosed(cluster(isolating("deny-all")), { port: 8080 });
    expect(answer.issues).toEqual([
      "NetworkPolicy shop/deny-all blocks ingress to shop/api on TCP/8080",
    ]);
    expect(answer.solutions).toEqual([
      "Allow ingress from shop/web to shop/api TCP/8080 (patch attached)",
    ]);
  });
});

describe("commands", () => {
  it("quote what means something to a shell", () => {
    expect(kubectl("shop", "get", "pod", "a'b; rm -rf /")).toBe(
      "kubectl -n shop get pod 'a'\\''b; rm -rf /'",
    );
    expect(command("causeway", "diagnose", "shop/api[StatefulSet]")).toBe(
      "causeway diagnose 'shop/api[StatefulSet]'",
    );
  });

  it("never carry a name of the input outside of its quotes", () => {
    const evil = "web$(reboot)";
    const objects = cluster(
      podObject("shop/x", { name: evil, ips: ["10.244.1.66"], phase: "Pending", conditions: [] }),
    );
    const answer = diagnosed(objects, { podA: "10.244.1.66" });
    const steps = answer.causes.flatMap(({ remediation }) => [
      ...(remediation?.steps ?? []),
      remediation?.verify ?? "",
    ]);
    const bare = steps.map((step) => step.replaceAll(/'[^']*'/g, ""));
    expect(steps.some((step) => step.includes(`'${evil}'`))).toBe(true);
    expect(bare.filter((step) => step.includes("$("))).toEqual([]);
  });
});
