import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DescField, type DescMethod, ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AnalysisService } from "../../gen/causeway/v1/analysis_pb.js";
import { PolicyService } from "../../gen/causeway/v1/policy_pb.js";
import { allowManifest, shopManifests, temporaryFolder } from "../support/policy-manifests.js";
import { type PolicyServer, startPolicyServer } from "../support/policy-server.js";

/** Goal: whatever is asked, the asker is at fault or is answered. Method: random bodies, half of them nearly right. */

const folder = temporaryFolder();
let server: PolicyServer;
beforeAll(async () => {
  writeFileSync(join(folder.path, "shop.yaml"), shopManifests);
  server = await startPolicyServer(folder.path);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

const { method: policy } = PolicyService;
const { analyzePodCommunication } = AnalysisService.method;

const paths: readonly (readonly [string, DescMethod])[] = [
  ["/v1/policy:evaluate", policy.evaluate],
  ["/v1/policy:explain", policy.explain],
  ["/v1/policy:connections", policy.listConnections],
  ["/v1/policy:whatif", policy.whatIf],
  ["/v1/policy:diff", policy.diff],
  ["/v1/policy:lint", policy.lint],
  ["/v1/policy:fix", policy.suggestFix],
  ["/v1/policy:exposure", policy.exposure],
  ["/v1/policy:check", policy.check],
  ["/v1/diagnoses", analyzePodCommunication],
  ["/api/v1/analyze/pod-communication", analyzePodCommunication],
];

const names = fc.constantFrom(
  "default/web",
  "web",
  "default/db[Pod]",
  "default/db[Deployment]",
  "svc/default/db",
  "dns/example.org",
  "node/n1",
  "10.0.0.1",
  "10.0.0.0/8",
  "::/0",
  "1.2.3.4/99",
  "__proto__/constructor",
  "default/web/x",
  "[",
  "",
  " ",
  "\ud800",
  "\u0000",
  "😀".repeat(200),
);

const manifests = fc.oneof(
  fc.constantFrom(
    "",
    shopManifests,
    allowManifest("db", "web"),
    "kind: [",
    "---\n---\n",
    "a: &a [*a]",
    "{{ range }}",
    '{"apiVersion":"v1","kind":"List","items":[{},null,1,{"kind":"Pod","metadata":{"name":1}}]}',
    "permit:\n- {from: default/web, to: default/db, ports: [TCP/80]}\n",
    "forbid:\n- {from: {pod: {app: web}}, to: x}\n- 7\n",
    "- {rule: CW001, reason: x}\n",
  ),
  // A good text with a part of it cut out or written over.
  fc
    .tuple(fc.nat(shopManifests.length), fc.nat(40), fc.string({ maxLength: 12 }))
    .map(
      ([at, length, text]) => shopManifests.slice(0, at) + text + shopManifests.slice(at + length),
    ),
);

const fieldValue = ({ name, scalar }: DescField): fc.Arbitrary<unknown> => {
  if (scalar === ScalarType.INT32) {
    return fc.oneof(fc.integer(), fc.constantFrom(0, 80, 65_535, 65_536, -1, 1.5, "80", "x", null));
  }
  const words: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    protocol: fc.constantFrom("", "tcp", "UDP", "sctp", "icmp", "quic"),
    profile: fc.constantFrom("", "upstream", "calico", "np-guard", "nope"),
    compat: fc.constantFrom("", "seed", "x"),
    page_token: fc.oneof(fc.base64String({ maxLength: 40 }), fc.constant("")),
    namespace: fc.constantFrom("", "default", "nope", "__proto__"),
    manifests,
    before: manifests,
    after: manifests,
    changes: manifests,
    suppressions: manifests,
    rules: fc.oneof(manifests, fc.array(fc.constantFrom("CW001", "CW999", ""), { maxLength: 3 })),
  };
  return words[name] ?? names;
};

const bodyOf = ({ input }: DescMethod): fc.Arbitrary<string> => {
  const fields = Object.fromEntries(input.fields.map((field) => [field.name, fieldValue(field)]));
  const nearlyRight = fc.record(fields, { requiredKeys: [] });
  const strange = fc.record(
    Object.fromEntries(input.fields.map(({ name }) => [name, fc.jsonValue({ maxDepth: 2 })])),
    { requiredKeys: [] },
  );
  return fc.oneof(
    { weight: 6, arbitrary: nearlyRight.map((body) => JSON.stringify(body)) },
    { weight: 2, arbitrary: strange.map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: fc.jsonValue().map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: fc.string() },
  );
};

/** Bodies for each path; CAUSEWAY_FUZZ_BODIES asks for more. */
const bodies = Number(process.env["CAUSEWAY_FUZZ_BODIES"] ?? 60);

describe("any body", () => {
  it.each(paths)("%s answers or says what is wrong with it", async (path, method) => {
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(bodyOf(method), async (body) => {
        const answer = await fetch(server.url + path, { method: "POST", body });
        const text = await answer.text();
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        expect([answer.status, text]).toEqual([
          expect.toSatisfy((status: number) => status === 200 || (status >= 400 && status < 500)),
          expect.toSatisfy((json: string) => JSON.parse(json) !== undefined),
        ]);
      }),
      { seed: 20_261_127, numRuns: bodies },
    );
    expect([...statuses.keys()].sort()).toEqual(expect.arrayContaining([200, 400]));
  });

  it("leaves the server and its live model as they were", async () => {
    const [status, json] = await server.get("/v1/policy/connections");
    expect(status).toBe(200);
    expect(json.model).toMatchObject({ pods: 2, policies: 1 });
    expect(await server.metric('causeway_policy_loads_total{result="ok"}')).toBe(1);
  });
});
