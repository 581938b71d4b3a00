import { describe, expect, it } from "vitest";
import { QuestionError } from "../../../../server/analyzer/question-error.js";
import {
  podObject,
  serviceObject,
  sliceObject,
  workloadObject,
} from "../../../support/cluster-objects.js";
import {
  apiPod,
  apiService,
  cluster,
  clusterWithout,
  codesOf,
  diagnosed,
  isolating,
  modesOf,
} from "../../../support/diagnosis-cluster.js";
import { blockPeer, labelled, tcpPort } from "../../../support/policy-parts.js";

/** Goal: questions are understood as interfaces name ends; what is wrong with a question is said, what is broken diagnosed. */

const udpPort53 = { kind: "numbers", protocol: "UDP", first: 53, last: 53 } as const;

const faultOf = (ask: () => unknown): string => {
  try {
    ask();
    return "none";
  } catch (error) {
    if (!(error instanceof QuestionError)) throw error;
    return `${error.fault}: ${error.message}`;
  }
};

describe("a name that the model lacks", () => {
  it.each([
    ["a pod", { podA: "shop/wev" }, "no pod or workload shop/wev. Did you mean shop/web?"],
    ["a Service", { podB: "svc/shop/apy" }, "svc/shop/api"],
    ["a node", { podB: "node/n7" }, "Did you mean node/n1"],
  ])("is refused with near misses: %s", (_, question, text) => {
    const fault = faultOf(() => diagnosed(cluster(), question));
    expect(fault).toMatch(/^not-found: /);
    expect(fault).toContain(text);
  });
});

describe("a question that can't be asked", () => {
  it.each([
    [{ podB: "" }, "invalid: a name is empty"],
    [{ podB: "a/b/c/d" }, "is no name"],
    [{ podB: "dns/." }, "is no name"],
    [{ podB: "dns/.." }, "is no name"],
    [{ port: 70_000 }, "invalid: port 70000 is not in 1-65535"],
    [{ port: 1.5 }, "invalid: port 1.5 is not in 1-65535"],
    [{ protocol: "quic" }, "protocol QUIC is none of TCP, UDP, SCTP"],
    [{ protocol: "icmp" }, "protocol ICMP is none of TCP, UDP, SCTP"],
    [{ compat: "v0" }, 'compat "v0" is neither "seed" nor empty'],
    [{ podA: "192.0.2.1", podB: "2001:db8::1" }, "no connection has both"],
  ])("is refused by name: %j", (question, text) => {
    const fault = faultOf(() => diagnosed(cluster(), question));
    expect(fault).toMatch(/^invalid: /);
    expect(fault).toContain(text);
  });

  it("is refused when a name has two meanings", () => {
    const twins = [
      podObject("shop/a", { owner: { kind: "StatefulSet", name: "job" } }),
      podObject("shop/b", { owner: { kind: "DaemonSet", name: "job" } }),
    ];
    expect(faultOf(() => diagnosed(cluster(...twins), { podB: "shop/job" }))).toContain(
      "shop/job is ambiguous",
    );
  });
});

describe("what exists and is broken", () => {
  it("is a diagnosis, never an error", () => {
    for (const phase of ["Pending", "Failed", "Succeeded", "Unknown"]) {
      const answer = diagnosed(cluster(apiPod({ phase, ips: [], conditions: [] })));
      expect(answer.status).toBe("disconnected");
      expect(answer.issues[0]).toBe(`Pod shop/api is not running (status: ${phase})`);
    }
  });
});

describe("ends of every kind", () => {
  it("takes a name without a namespace for one of default", () => {
    const objects = cluster(podObject("default/client", { ips: ["10.244.1.40"] }));
    expect(diagnosed(objects, { podA: "client" }).podA).toBe("default/client");
  });

  it("takes name.namespace for a pod, and an address for the pod that has it", () => {
    expect(diagnosed(cluster(), { podA: "web.shop" }).podA).toBe("shop/web");
    expect(diagnosed(cluster(), { podB: "10.244.2.20" }).podB).toBe("shop/api");
  });

  it("goes by pod, Service address and name to a pod that has a Service", () => {
    expect(diagnosed(cluster()).request.accessModes).toEqual(["podIP", "serviceIP", "name"]);
  });

  it("goes by Service address and name to a Service, by the address alone where that was asked", () => {
    expect(modesOf(diagnosed(cluster(), { podB: "svc/shop/api" }))).toEqual([
      "serviceIP connected",
      "name connected",
    ]);
    expect(modesOf(diagnosed(cluster(), { podB: "10.96.0.20", port: 80 }))).toEqual([
      "serviceIP connected",
    ]);
  });

  it("looks a DNS name up as the source does", () => {
    for (const name of [
      "api",
      "api.shop",
      "api.shop.svc",
      "api.shop.svc.cluster.local",
      "api.shop.svc.cluster.local.",
    ]) {
      expect(diagnosed(cluster(), { podB: `dns/${name}` }).podB).toBe("svc/shop/api");
    }
  });

  it("judges nodes, addresses and ranges", () => {
    expect(diagnosed(cluster(), { podA: "node/n1" }).status).toBe("connected");
    expect(diagnosed(cluster(), { podB: "node/n2", port: 10250 }).status).toBe("connected");
    expect(modesOf(diagnosed(cluster(), { podA: "192.0.2.0/24" }))).toEqual(["podIP connected"]);
    expect(diagnosed(cluster(), { podB: "192.0.2.9", port: 53, protocol: "udp" })).toMatchObject({
      status: "connected",
      request: { protocol: "UDP", port: 53 },
    });
  });

  it("takes a Service that asks for the pods behind it", () => {
    const answer = diagnosed(cluster(), { podA: "svc/shop/api", podB: "shop/web" });
    expect(answer.status).toBe("connected");
    expect(answer.endpoints.a?.name).toBe("api");
  });

  it("takes one that has no pods behind it for nobody", () => {
    const bare = apiService({
      name: "idle",
      clusterIps: ["10.96.0.30"],
      selector: { app: "gone" },
    });
    for (const podB of ["shop/web", "svc/shop/api"]) {
      const answer = diagnosed(cluster(bare), { podA: "svc/shop/idle", podB });
      expect(answer.status).toBe("disconnected");
      expect(answer.causes[0]).toMatchObject({ code: "POD_NOT_FOUND", origin: "source" });
      expect(answer.issues[0]).toBe("svc/shop/idle has no pods");
    }
    const { selector: _, ...named } = apiService({ name: "idle", type: "ExternalName" });
    expect(diagnosed(cluster(named), { podA: "svc/shop/idle" }).status).toBe("disconnected");
  });

  it("can't tell who asks where the pods behind a Service were not read", () => {
    const far = { ...apiService({ name: "far" }), namespace: "elsewhere" };
    const answer = diagnosed(cluster(far), { podA: "svc/elsewhere/far" });
    expect(answer.status).toBe("unknown");
    expect(codesOf(answer)).toContain("SELF_DATA_MISSING");
  });

  it("takes the addresses of a Service that asks and is kept by hand", () => {
    const { selector: _, ...hand } = apiService({ name: "hand", clusterIps: ["10.96.0.30"] });
    const slice = sliceObject("shop/hand-1", {
      service: "hand",
      endpoints: [{ addresses: ["192.0.2.7"], ready: true, serving: true, terminating: false }],
    });
    expect(diagnosed(cluster(hand, slice), { podA: "svc/shop/hand" }).status).toBe("connected");
  });

  it("judges every pod of a workload, and is degraded when one of two is broken", () => {
    const owner = { kind: "StatefulSet", name: "api" };
    const objects = [
      ...clusterWithout("EndpointSlice/shop/api-1", "Pod/shop/api"),
      workloadObject("shop/api", { kind: "StatefulSet" }),
      apiPod({ name: "api-0", owner }),
      apiPod({ name: "api-1", owner, ips: [], phase: "Pending", conditions: [] }),
    ];
    const answer = diagnosed(objects, { podB: "shop/api[StatefulSet]" });
    expect(answer.podB).toBe("shop/api[StatefulSet]");
    expect(answer.status).toBe("degraded");
    expect(answer.verdicts[0]?.static.why).toContain("1 of 2 connections");
    expect(answer.endpoints.b).toBeUndefined();
  });
});

describe("a name outside the cluster", () => {
  it("is unknown where policies let the source out to some addresses only", () => {
    const some = isolating("some", {
      podSelector: labelled("app", "web"),
      isolates: ["egress"],
      egress: [{ peers: [blockPeer("192.0.2.0/24")] }, { ports: [udpPort53, tcpPort(53)] }],
    });
    const question = { podB: "dns/example.com", port: 443 };
    expect(diagnosed(cluster(some), question)).toMatchObject({
      podB: "dns/example.com",
      status: "unknown",
      confidence: 0,
    });
    expect(diagnosed(cluster(), question).status).toBe("connected");
  });

  it("is broken by a Service of that kind that stands for nothing", () => {
    const { selector: _, ...bare } = apiService({
      type: "ExternalName",
      clusterIps: [],
      ports: [],
    });
    const objects = [...clusterWithout("Service/shop/api", "EndpointSlice/shop/api-1"), bare];
    expect(codesOf(diagnosed(objects, { podB: "svc/shop/api" }))).toEqual([
      "SERVICE_EXTERNALNAME_BROKEN",
    ]);
  });
});

describe("a name with a pod's hostname", () => {
  it("that no Service stands behind is told of the Service, not of the hostname", () => {
    const answer = diagnosed(cluster(), { podB: "dns/db-0.ghost.shop.svc.cluster.local" });
    expect(answer.causes[0]).toMatchObject({
      code: "SERVICE_NOT_FOUND",
      component: "Service shop/ghost",
    });
  });

  it.each(["db-0.db", "db-0.db.shop"])(
    "is the cluster's where its Service is there: %s",
    (name) => {
      const db = serviceObject("shop/db", { clusterIps: ["None"], selector: { app: "api" } });
      const answer = diagnosed(cluster(db), { podB: `dns/${name}` });
      expect(codesOf(answer)).toContain("DNS_POD_RECORD_MISSING");
      expect(answer.status).toBe("disconnected");
    },
  );

  it("is a name outside where no such Service is there", () => {
    expect(diagnosed(cluster(), { podB: "dns/www.example.shop", port: 443 }).status).toBe(
      "connected",
    );
  });
});
