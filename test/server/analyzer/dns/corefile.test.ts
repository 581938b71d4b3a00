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

  it("reads imports between blocks, as managed clusters have them", () => {
    const managed = `import custom/*.override\n${kubeadm}import custom/*.server\n`;
    const { blocks, errors, isPartial } = parseCorefile(managed);
    expect([errors, blocks.length, blocks[0]?.zones, isPartial]).toEqual([[], 1, ["."], true]);
    expect(parseCorefile(kubeadm).isPartial).toBe(false);
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
    const beyond = { blocks: [], isPartial: true, errors: [] };
    expect(parseCorefile(" ".repeat(corefileCharsMax + 1))).toEqual(beyond);
    expect(parseCorefile("a ".repeat(corefileTokensMax))).toEqual(beyond);
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
    const zonesOf = (text: string) => kubernetesZonesOf(parseCorefile(text));
    expect(zonesOf(kubeadm)).toEqual({ zones: ["cluster.local"], isOpen: false });
    expect(zonesOf("k8s.example {\n kubernetes\n}\n").zones).toEqual(["k8s.example"]);
    expect(zonesOf(".:53 {\n kubernetes\n}\n").zones).toEqual(["."]);
    expect(zonesOf(".:53 {\n kubernetai a.b\n}\n").zones).toEqual(["a.b"]);
    expect(clusterDomainsOf(model(".:53 {\n kubernetes a.b c.d\n}\n"))).toEqual(["a.b", "c.d"]);
  });

  it("may be others where zones are imported or come from variables", () => {
    for (const text of [
      "(k8s) {\n kubernetes a.b\n}\n.:53 {\n import k8s\n}\n",
      ".:53 {\n kubernetes {$CLUSTER_DOMAIN} in-addr.arpa\n}\n",
      "import /etc/coredns/zones/*\n",
    ]) {
      expect(kubernetesZonesOf(parseCorefile(text))).toEqual({ zones: [], isOpen: true });
    }
  });

  it("are the one that kubelets give to pods where no zone is known", () => {
    const kubelet = configMapObject("kube-system/kubelet-config", {
      kubelet: "clusterDomain: corp.local\n",
    });
    expect(clusterDomainsOf(new ClusterModel([kubelet]))).toEqual(["corp.local"]);
  });

  it("are cluster.local where nothing says otherwise", () => {
    expect(clusterDomainsOf(new ClusterModel([]))).toEqual(["cluster.local"]);
    expect(clusterDomainsOf(model(".:53 {\n forward . 1.1.1.1\n}\n"))).toEqual(["cluster.local"]);
    expect(
      clusterCorefileOf(new ClusterModel([configMapObject("kube-system/coredns", {})])),
    ).toBeUndefined();
  });
});
