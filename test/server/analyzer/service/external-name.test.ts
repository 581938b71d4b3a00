import { describe, expect, it } from "vitest";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import { externalNameHopsMax } from "../../../../server/analyzer/service/limits.js";
import { servicePaths } from "../../../../server/analyzer/service/service-paths.js";
import { serviceIssueText } from "../../../../server/analyzer/service/service-text.js";
import { podObject, serviceObject } from "../../../support/cluster-objects.js";
import { objectWorld } from "../../../support/manifest-world.js";

const alias = (name: string, externalName: string) =>
  serviceObject(name, { type: "ExternalName", externalName, ports: [] });

const routeOf = (objects: readonly ClusterObject[]) => {
  const world = objectWorld(objects);
  const service = world.model.service("shop", "db");
  if (service === undefined) throw new Error("no Service");
  return servicePaths(world, {
    service,
    way: { kind: "cluster-ip", byName: true },
    source: undefined,
    port: 5432,
    protocol: "TCP",
  });
};

const texts = (objects: readonly ClusterObject[]): readonly string[] => {
  const route = routeOf(objects);
  return route.issues.map((issue) => serviceIssueText(route, issue));
};

describe("an ExternalName Service", () => {
  it("leads to the Service of the model that its name is", () => {
    const { external } = routeOf([
      alias("shop/db", "pg.data.svc.cluster.local"),
      serviceObject("data/pg", {
        selector: { app: "pg" },
        ports: [{ port: 5432, protocol: "TCP", targetPort: 6432 }],
      }),
      podObject("data/pg-0", { labels: { app: "pg" } }),
    ]);
    expect(external?.to).toMatchObject({
      kind: "service",
      route: { service: { name: "pg" }, legs: [{ targetPort: 6432, state: "used" }] },
    });
  });

  it("leads outside by any other name", () => {
    expect(routeOf([alias("shop/db", "db.example.com")]).external?.to).toEqual({ kind: "outside" });
  });

  it("takes a short name for an outside one: no search list is used for a CNAME", () => {
    const objects = [alias("shop/db", "pg.data"), serviceObject("data/pg")];
    expect(routeOf(objects).external?.to).toEqual({ kind: "outside" });
  });

  it("leads nowhere by a name of the cluster that the model lacks", () => {
    expect(texts([alias("shop/db", "pg.data.svc.cluster.local")])).toEqual([
      "Service shop/db stands for pg.data.svc.cluster.local, which no Service or pod of the model has",
    ]);
  });

  it("leads nowhere by an address or no name at all", () => {
    expect(texts([alias("shop/db", "10.0.0.1")])).toEqual([
      "Service shop/db has the address 10.0.0.1 as externalName: DNS takes it for a name, and nothing resolves it",
    ]);
    expect(texts([alias("shop/db", "")])).toEqual([
      "Service shop/db is of type ExternalName and has no externalName",
    ]);
  });

  it("is not followed in a circle", () => {
    const route = routeOf([
      alias("shop/db", "b.shop.svc.cluster.local"),
      alias("shop/b", "db.shop.svc.cluster.local"),
    ]);
    const next = route.external?.to.kind === "service" ? route.external.to.route : undefined;
    expect(next?.issues).toEqual([
      { kind: "external-name-loop", names: ["shop/db", "shop/b", "shop/db"] },
    ]);
  });

  it("is followed externalNameHopsMax times at most", () => {
    const chain = Array.from({ length: externalNameHopsMax + 2 }, (_, index) =>
      alias(index === 0 ? "shop/db" : `shop/s${index}`, `s${index + 1}.shop.svc.cluster.local`),
    );
    let route = routeOf(chain);
    let hops = 0;
    while (route.external?.to.kind === "service") {
      route = route.external.to.route;
      hops++;
    }
    expect(hops).toBe(externalNameHopsMax);
    expect(route.issues).toMatchObject([{ kind: "external-name-loop" }]);
  });
});
