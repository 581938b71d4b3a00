import { describe, expect, it } from "vitest";
import type { ServicePort } from "../../../../server/analyzer/model/objects.js";
import { issueNamesMax } from "../../../../server/analyzer/service/limits.js";
import type { ServiceEndpoint } from "../../../../server/analyzer/service/service-endpoints.js";
import type { ServiceIssue } from "../../../../server/analyzer/service/service-route.js";
import { serviceIssueText } from "../../../../server/analyzer/service/service-text.js";
import { podObject, serviceObject } from "../../../support/cluster-objects.js";

const service = serviceObject("shop/db", { selector: { tier: "back", app: "db" } });

const text = (issue: ServiceIssue): string =>
  serviceIssueText({ service, way: { kind: "cluster-ip", byName: true } }, issue);

const endpoint = (name: string): ServiceEndpoint => ({
  address: "",
  family: undefined,
  holder: { kind: "pod", pod: podObject(name) },
  nodeName: "n1",
  ready: false,
  serving: false,
  terminating: false,
  slice: undefined,
});

const port: ServicePort = { name: "pg", port: 80, protocol: "TCP", targetPort: "pg" };

const cases: readonly (readonly [ServiceIssue, string])[] = [
  [
    { kind: "no-endpoints", selected: [] },
    "Service shop/db has no endpoints: its selector app=db,tier=back selects no pod of shop",
  ],
  [
    { kind: "no-endpoints", selected: [podObject("shop/db-0")] },
    "Service shop/db has no endpoints: the pods that it selects have finished or wait for an address",
  ],
  [
    { kind: "no-selector" },
    "Service shop/db has no endpoints: it has no selector, and no EndpointSlice of it lists any",
  ],
  [
    { kind: "no-ready-endpoints", notReady: [endpoint("shop/db-0")] },
    "Service shop/db has no ready endpoints: shop/db-0 is not ready",
  ],
  [
    { kind: "endpoints-not-ready", notReady: [endpoint("shop/db-1"), endpoint("shop/db-0")] },
    "Service shop/db leaves out shop/db-0, shop/db-1: not ready",
  ],
  [
    { kind: "only-terminating" },
    "Service shop/db has no ready endpoints: connections go to pods that are terminating",
  ],
  [
    { kind: "no-local-endpoints", policy: "internalTrafficPolicy", node: "n1", elsewhere: 2 },
    "Service shop/db has internalTrafficPolicy Local and no endpoint on node n1 (2 elsewhere): connections are dropped",
  ],
  [
    { kind: "local-node-unknown", policy: "externalTrafficPolicy" },
    "Service shop/db has externalTrafficPolicy Local: only endpoints on one node are used, and which one can't be told",
  ],
  [
    { kind: "port-not-defined", port: 81, defined: [port] },
    "Service shop/db has no port 81: it has 80/TCP -> pg (pg)",
  ],
  [
    { kind: "port-not-defined", port: 5432, defined: [port], targetOf: port },
    "Service shop/db has no port 5432: it has 80/TCP -> pg (pg); 5432 is the target port of port 80: clients use 80",
  ],
  [{ kind: "port-not-defined", port: 80, defined: [] }, "Service shop/db has no ports"],
  [
    { kind: "protocol-mismatch", port: 80, protocol: "UDP", defined: [port] },
    "Service shop/db has port 80 for TCP, not for UDP",
  ],
  [
    {
      kind: "port-unresolved",
      servicePort: port,
      endpoints: [endpoint("shop/db-0")],
      bySlice: false,
    },
    'Service shop/db port 80: shop/db-0 has no TCP port called "pg"',
  ],
  [
    {
      kind: "port-unresolved",
      servicePort: port,
      endpoints: [endpoint("shop/db-0")],
      bySlice: true,
    },
    'Service shop/db port 80: the EndpointSlices of shop/db-0 have no TCP port called "pg"',
  ],
  [
    { kind: "family-mismatch", client: [6], service: [4] },
    "Service shop/db has addresses of IPv4, the client of IPv6 only",
  ],
  [
    { kind: "headless-port", servicePort: { ...port, targetPort: 5432 } },
    "Service shop/db is headless: port 80 is not translated, its pods listen on 5432",
  ],
  [
    { kind: "source-range", ranges: ["203.0.113.0/24"] },
    "Service shop/db admits 203.0.113.0/24 only (loadBalancerSourceRanges), and the client is outside of it",
  ],
  [
    { kind: "inside-only" },
    "Service shop/db has no address that is reached from outside: a ClusterIP is for clients in the cluster",
  ],
  [
    { kind: "session-affinity" },
    "Service shop/db has session affinity: each client stays with one of its endpoints",
  ],
  [
    { kind: "external-name-loop", names: ["shop/db", "shop/db"] },
    "Service shop/db stands for a name that leads on without end: shop/db -> shop/db",
  ],
];

describe("serviceIssueText()", () => {
  it.each(cases.map(([issue, expected]) => ({ kind: issue.kind, issue, expected })))(
    "says $kind: $expected",
    ({ issue, expected }) => {
      expect(text(issue)).toBe(expected);
    },
  );

  it("says where nobody is, and why", () => {
    const range = { family: 4, first: 1n, last: 1n } as const;
    const stale = (why: "pod-finished" | "pod-missing" | "address-changed" | "address-unused") => ({
      ...endpoint("shop/db-0"),
      address: "10.0.0.5",
      holder: { kind: "stale", why, pod: why === "address-unused" ? "" : "shop/x", range } as const,
    });
    expect(
      text({
        kind: "stale-endpoints",
        endpoints: [
          stale("pod-finished"),
          stale("pod-missing"),
          stale("address-changed"),
          stale("address-unused"),
        ],
      }),
    ).toBe(
      "Service shop/db lists endpoints where nobody is: shop/x (10.0.0.5), the pod has finished; shop/x (10.0.0.5), there is no such pod; shop/x (10.0.0.5), the pod has another address; 10.0.0.5, no pod has the address",
    );
  });

  it("names issueNamesMax endpoints at most", () => {
    const many = Array.from({ length: issueNamesMax + 3 }, (_, index) =>
      endpoint(`shop/p${index}`),
    );
    expect(text({ kind: "endpoints-not-ready", notReady: many })).toContain(
      `shop/p${issueNamesMax - 1} and 3 more`,
    );
  });

  it("names node ports where a node is asked", () => {
    const node = { name: "n1" } as never;
    const issue = {
      kind: "port-not-defined",
      port: 30000,
      defined: [{ ...port, nodePort: 30080 }],
    };
    expect(
      serviceIssueText({ service, way: { kind: "node-port", node } }, issue as ServiceIssue),
    ).toBe("Service shop/db has no port 30000: it has 30080/TCP");
  });
});
