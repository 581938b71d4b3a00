import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  clusterCorefileOf,
  clusterDomainsOf,
  kubernetesZonesOf,
} from "../../../../server/analyzer/dns/cluster-domain.js";
import { parseCorefile } from "../../../../server/analyzer/dns/corefile.js";
import { corefileCharsMax, corefileTokensMax } from "../../../../server/analyzer/limits.js";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import { configMapObject } from "../../../support/cluster-objects.js";

/** Goal: a Corefile is read as CoreDNS reads it, as far as a diagnosis needs it (coredns.io/manual/toc). */

const kubeadm = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;

describe("parseCorefile()", () => {
  it("reads what kubeadm writes", () => {
    const { blocks, errors } = parseCorefile(kubeadm);
    expect(errors).toEqual([]);
    expect(blocks).toHaveLength(1);
    expect(blocks[0]?.zones).toEqual(["."]);
    expect(blocks[0]?.plugins.map(({ name }) => name)).toEqual([
      "errors",
      "health",
      "ready",
      "kubernetes",
      "prometheus",
      "forward",
      "cache",
      "loop",
      "reload",
      "loadbalance",
    ]);
    expect(blocks[0]?.plugins.find(({ name }) => name === "forward")).toMatchObject({
      args: [".", "/etc/resolv.conf"],
      options: [["max_concurrent", "1000"]],
      line: 13,
    });
  });

  it("reads schemes, ports, several zones, comments, quotes and snippets", () => {
    const text = `# all of them
(common) {
  errors
}
dns://Example.ORG.:5353 example.net {
  import common # here
  forward . "1.1.1.1" 8.8.8.8
}
`;
    const { blocks, errors } = parseCorefile(text);
    expect(errors).toEqual([]);
    expect(blocks[0]?.zones).toEqual(["example.org", "example.net"]);
    expect(blocks[0]?.plugins[1]?.args).toEqual([".", "1.1.1.1", "8.8.8.8"]);
  });

  it("reads a single block without braces, and zones over several lines", () => {
    const bare = parseCorefile(".:53\nerrors\nkubernetes cluster.local {\n  pods insecure\n}\n");
    expect(bare.errors).toEqual([]);
    expect(bare.blocks[0]?.plugins.map(({ name }) => name)).toEqual(["errors", "kubernetes"]);
    expect(parseCorefile("a.b,\nc.d {\n  errors\n}\n").blocks[0]?.zones).toEqual(["a.b", "c.d"]);
  });

  it.each([
    ["a { that is never closed", ".:53 {\n  errors\n", "a { is never closed"],
    ["a } that closes nothing", "}\n", "a } closes nothing"],
    ["a block without a zone", "{\n errors\n}\n", "a { stands without a zone"],
    ["a second block without braces", ".:53 {\n}\na.b\n", '"a.b" has no { } of its own'],
    ["a } too many in a block without braces", ".:53\nerrors\n}\n", "a { is never closed"],
    [
      "a plugin with a slip",
      ".:53 {\n  foward . 1.1.1.1\n}\n",
      'unknown plugin "foward": did you mean forward?',
    ],
  ])("finds %s", (_, text, message) => {
    expect(parseCorefile(text).errors.map((error) => error.message)).toEqual([message]);
  });

  it("reads corefileCharsMax characters and corefileTokensMax words", () => {
    expect(parseCorefile(" ".repeat(corefileCharsMax + 1)).errors[0]?.message).toContain(
      "too long",
    );
    expect(parseCorefile("a ".repeat(corefileTokensMax)).errors[0]?.message).toContain("too many");
  });

  it("ends with blocks or errors on any text", () => {
    const piece = fc.constantFrom("{", "}", "\n", " ", "kubernetes", "#", '"', "(x)", ".:53", "é");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const { blocks, errors } = parseCorefile(pieces.join(""));
        expect(blocks.length + errors.length).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });
});

describe("domains", () => {
  const model = (corefile: string) =>
    new ClusterModel([configMapObject("kube-system/coredns", { Corefile: corefile })]);

  it("are the zones of the kubernetes plugin without the reverse ones", () => {
    expect(kubernetesZonesOf(parseCorefile(kubeadm))).toEqual(["cluster.local"]);
    expect(kubernetesZonesOf(parseCorefile("k8s.example {\n kubernetes\n}\n"))).toEqual([
      "k8s.example",
    ]);
    expect(clusterDomainsOf(model(".:53 {\n kubernetes a.b c.d\n}\n"))).toEqual(["a.b", "c.d"]);
  });

  it("are cluster.local where nothing says otherwise", () => {
    expect(clusterDomainsOf(new ClusterModel([]))).toEqual(["cluster.local"]);
    expect(clusterDomainsOf(model(".:53 {\n forward . 1.1.1.1\n}\n"))).toEqual(["cluster.local"]);
    expect(
      clusterCorefileOf(new ClusterModel([configMapObject("kube-system/coredns", {})])),
    ).toBeUndefined();
  });
});
