import { describe, expect, it } from "vitest";
import { whatIf } from "../../../../server/analyzer/lists/what-if.js";
import { parseManifests } from "../../../../server/kube/manifests/parse-manifests.js";
import {
  podObject as pod,
  networkPolicyObject as policy,
  workloadObject as workload,
} from "../../../support/cluster-objects.js";
import { manifestWorld, objectWorld } from "../../../support/manifest-world.js";

const deployment = (name: string, app: string, extra = ""): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: shop${extra}
spec:
  replicas: 2
  selector: {matchLabels: {app: ${app}}}
  template:
    metadata: {labels: {app: ${app}}}
    spec: {containers: [{name: main, image: example}]}
`;

const allowWeb = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]
`;

const objectsOf = (...texts: readonly string[]) =>
  parseManifests([{ file: "change.yaml", text: texts.join("---\n") }]).objects;

const shop = () =>
  manifestWorld([deployment("web", "web"), deployment("db", "db"), allowWeb].join("---\n"));

const lines = ({ diff }: ReturnType<typeof whatIf>): readonly string[] =>
  diff.rows.map(({ change, source, destination }) => `${change} ${source} => ${destination}`);

const removal = "\n  annotations: {causeway.io/what-if: remove}";

describe("whatIf()", () => {
  it("puts a policy in the place of its like", () => {
    const answer = whatIf(shop(), objectsOf(allowWeb.replace("app: web", "app: api")));
    expect(lines(answer)).toEqual(["removed shop/web[Deployment] => shop/db[Deployment]"]);
    expect(answer.world.view.policies).toBe(1);
  });

  it("changes nothing when what is there is applied again", () => {
    const answer = whatIf(shop(), objectsOf(deployment("web", "web"), allowWeb));
    expect(answer.diff.rows).toEqual([]);
    expect(answer.world.view.pods).toBe(4);
  });

  it("replaces the pods of a workload whose template changes", () => {
    const answer = whatIf(shop(), objectsOf(deployment("web", "www")));
    expect(lines(answer)).toEqual(["removed shop/web[Deployment] => shop/db[Deployment]"]);
    expect(answer.world.view.pods).toBe(4);
  });

  it("keeps live pods of a workload that is applied unchanged", () => {
    const parts = { ...workload("shop/web").template, labels: { app: "web" } };
    const owner = { kind: "ReplicaSet", name: "web-1" };
    const world = objectWorld([
      workload("shop/web", { template: parts }),
      workload("shop/web-1", {
        kind: "ReplicaSet",
        owner: { kind: "Deployment", name: "web" },
        template: parts,
      }),
      pod("shop/web-1-x", { labels: { app: "web" }, owner, ips: ["10.0.0.9"] }),
    ]);
    const made = pod("shop/web-1", {
      labels: { app: "web" },
      expanded: true,
      owner: { kind: "Deployment", name: "web" },
    });
    const same = whatIf(world, [workload("shop/web", { template: parts }), made]);
    expect([...same.world.model.pods].map(({ name }) => name)).toEqual(["web-1-x"]);
    const changed = { ...parts, labels: { app: "www" } };
    const other = whatIf(world, [workload("shop/web", { template: changed }), made]);
    expect([...other.world.model.pods].map(({ name }) => name)).toEqual(["web-1"]);
    expect([...other.world.model.workloads()].map(({ kind }) => kind)).toEqual(["Deployment"]);
  });

  it("gives a made pod a free name where another pod is called so", () => {
    const world = objectWorld([pod("shop/web-1", { labels: { app: "other" } })]);
    const answer = whatIf(world, objectsOf(deployment("web", "web")));
    expect([...answer.world.model.pods].map(({ name }) => name)).toEqual([
      "web-1",
      "web-1-0",
      "web-2",
    ]);
  });

  it("removes what carries the annotation, with its pods", () => {
    expect(lines(whatIf(shop(), objectsOf(deployment("web", "web", removal))))).toEqual([
      "removed 0.0.0.0-255.255.255.255[External] => shop/web[Deployment]",
      "removed shop/db[Deployment] => shop/web[Deployment]",
      "removed shop/web[Deployment] => 0.0.0.0-255.255.255.255[External]",
      "removed shop/web[Deployment] => shop/db[Deployment]",
    ]);
    const policyGone = allowWeb.replace(
      "shop}",
      "shop, annotations: {causeway.io/what-if: remove}}",
    );
    expect(lines(whatIf(shop(), objectsOf(policyGone)))).toEqual([
      "added 0.0.0.0-255.255.255.255[External] => shop/db[Deployment]",
    ]);
  });

  it("removes a namespace with everything in it", () => {
    const gone = `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop${removal}\n`;
    const { world } = whatIf(shop(), objectsOf(gone));
    expect(world.view).toMatchObject({ namespaces: 0, pods: 0, policies: 0 });
    expect([...world.model.objects()]).toEqual([]);
  });

  it("refuses another value of the annotation, naming the object", () => {
    const change = policy("shop/db", { annotations: { "causeway.io/what-if": "delete" } });
    expect(() => whatIf(shop(), [change])).toThrow(
      'NetworkPolicy shop/db: causeway.io/what-if is "delete"; write remove',
    );
  });

  it("leaves the model that it is asked about as it is", () => {
    const world = shop();
    const before = [...world.model.objects()];
    whatIf(world, objectsOf(deployment("web", "www"), allowWeb.replace("app: web", "app: api")));
    expect([...world.model.objects()]).toEqual(before);
  });
});
