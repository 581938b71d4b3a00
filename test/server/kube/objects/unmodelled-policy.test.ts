import { describe, expect, it } from "vitest";
import { selectorText } from "../../../../server/analyzer/model/label-selector.js";
import { decodeYaml, faultsOf, objectOf } from "../../../support/raw-objects.js";

/** Whom a policy concerns, in one line. */
const reachOf = (text: string): string => {
  const policy = objectOf("UnmodelledPolicy", text);
  const scope = policy.namespace === "" ? "cluster" : policy.namespace;
  const pods = policy.podSelector === undefined ? "" : ` pods ${selectorText(policy.podSelector)}`;
  const namespaces =
    policy.namespaceSelector === undefined
      ? ""
      : ` namespaces ${selectorText(policy.namespaceSelector)}`;
  const doubt = policy.selectorUnderstood ? "" : " not understood";
  return `${scope}:${pods}${namespaces}${doubt} ${policy.directions.join("+")}`;
};
const selectsNothing = (text: string): boolean => {
  const decoded = decodeYaml(text);
  return decoded.kind === "objects" && decoded.objects.length === 0;
};

describe("Calico", () => {
  const calico = (kind: string, spec: string): string =>
    `apiVersion: projectcalico.org/v3\nkind: ${kind}\nmetadata: {name: default.a, namespace: shop}\nspec: ${spec}`;

  it.each([
    ["NetworkPolicy", "{selector: \"app == 'web'\"}", "shop: pods app=web ingress"],
    ["NetworkPolicy", "{}", "shop: ingress"],
    ["GlobalNetworkPolicy", "{selector: all()}", "cluster: ingress"],
    [
      "GlobalNetworkPolicy",
      "{namespaceSelector: \"team == 'a'\"}",
      "cluster: namespaces team=a ingress",
    ],
    [
      "GlobalNetworkPolicy",
      "{namespaceSelector: \"projectcalico.org/name == 'shop'\"}",
      "cluster: namespaces kubernetes.io/metadata.name=shop ingress",
    ],
    [
      "GlobalNetworkPolicy",
      "{selector: \"projectcalico.org/namespace == 'shop' && pcns.team == 'a'\"}",
      "cluster: namespaces kubernetes.io/metadata.name=shop,team=a ingress",
    ],
    [
      "GlobalNetworkPolicy",
      "{selector: \"projectcalico.org/orchestrator == 'k8s'\"}",
      "cluster: ingress",
    ],
    ["NetworkPolicy", "{selector: \"app contains 'we'\"}", "shop: pods app ingress"],
    [
      "NetworkPolicy",
      "{selector: \"pcsa.role == 'a'\", serviceAccountSelector: \"x == 'y'\"}",
      "shop: ingress",
    ],
    ["NetworkPolicy", '{selector: "app = web"}', "shop: not understood ingress"],
  ])("%s %s", (kind, spec, expected) => {
    expect(reachOf(calico(kind, spec))).toBe(expected);
  });

  it.each([
    ["no rules", "{}", "ingress"],
    ["ingress rules", "{ingress: [{action: Allow}]}", "ingress"],
    ["egress rules only", "{egress: [{action: Allow}]}", "egress"],
    ["rules of both", "{ingress: [{action: Allow}], egress: [{action: Allow}]}", "ingress+egress"],
    ["types as written", "{types: [Egress], ingress: [{action: Allow}]}", "egress"],
  ])("T51 defaults its types by %s", (_, spec, directions) => {
    expect(reachOf(calico("NetworkPolicy", spec))).toBe(`shop: ${directions}`);
  });

  it("T54 lets != and not in match pods without the label", () => {
    expect(reachOf(calico("NetworkPolicy", "{selector: \"app != 'web'\"}"))).toBe(
      "shop: pods app notin (web) ingress",
    );
  });

  it.each(["global()", "projectcalico.org/orchestrator == 'libvirt'", "app in {}"])(
    "leaves out a policy that can't select a pod: %s",
    (selector) => {
      expect(selectsNothing(calico("NetworkPolicy", `{selector: "${selector}"}`))).toBe(true);
    },
  );

  it("tells a selector that is none", () => {
    expect(faultsOf(calico("NetworkPolicy", '{selector: "app = web"}'))).toEqual([
      "warning spec.selector is no selector of Calico: the policy counts as selecting everything in its scope",
    ]);
  });

  it("is another object than a Kubernetes policy of its name", () => {
    expect(objectOf("UnmodelledPolicy", calico("NetworkPolicy", "{}"))).toMatchObject({
      apiVersion: "projectcalico.org/v3",
      policyKind: "NetworkPolicy",
    });
  });

  it.each(["StagedNetworkPolicy", "StagedKubernetesNetworkPolicy", "Tier", "NetworkSet"])(
    "has no effect by a %s",
    (kind) => {
      expect(decodeYaml(calico(kind, "{}")).kind).toBe("ignored");
    },
  );
});

describe("Cilium", () => {
  const cilium = (spec: string, kind = "CiliumNetworkPolicy"): string =>
    `apiVersion: cilium.io/v2\nkind: ${kind}\nmetadata: {name: a, namespace: shop}\n${spec}`;

  it.each([
    [
      "k8s: and any: sources",
      "spec: {endpointSelector: {matchLabels: {'k8s:app': web, 'any:tier': a, x: z}}, ingress: [{}]}",
      "shop: pods app=web,tier=a,x=z ingress",
    ],
    [
      "expressions",
      "spec: {endpointSelector: {matchExpressions: [{key: 'k8s:app', operator: NotIn, values: [web]}]}, egress: [{}]}",
      "shop: pods app notin (web) egress",
    ],
    ["T57 an empty rule", "spec: {endpointSelector: {}, ingress: [{}]}", "shop: ingress"],
    [
      "T56 rules that deny",
      "spec: {endpointSelector: {}, ingressDeny: [{}], egressDeny: [{}]}",
      "shop: ingress+egress",
    ],
    [
      "several specs",
      "specs:\n- {endpointSelector: {matchLabels: {app: a}}, ingress: [{}]}\n- {endpointSelector: {matchLabels: {app: b}}, egress: [{}]}",
      "shop: pods app in (a,b) ingress+egress",
    ],
    [
      "the namespace of a pod",
      "spec: {endpointSelector: {matchLabels: {'k8s:io.kubernetes.pod.namespace': shop, 'k8s:io.cilium.k8s.namespace.labels.team': a}}, ingress: [{}]}",
      "shop: namespaces kubernetes.io/metadata.name=shop,team=a ingress",
    ],
    [
      "labels that a pod has not",
      "spec: {endpointSelector: {matchLabels: {'io.cilium.k8s.policy.serviceaccount': x, 'container:y': z}}, ingress: [{}]}",
      "shop: ingress",
    ],
  ])("reads %s", (_, spec, expected) => {
    expect(reachOf(cilium(spec))).toBe(expected);
  });

  it("is of the whole cluster as CiliumClusterwideNetworkPolicy", () => {
    expect(
      reachOf(
        cilium("spec: {endpointSelector: {}, ingress: [{}]}", "CiliumClusterwideNetworkPolicy"),
      ),
    ).toBe("cluster: ingress");
  });

  it.each([
    ["T57 empty lists", "spec: {endpointSelector: {}, ingress: [], egress: []}"],
    ["no lists", "spec: {endpointSelector: {}}"],
    ["nodes", "spec: {nodeSelector: {}, ingress: [{}]}"],
    [
      "reserved identities",
      "spec: {endpointSelector: {matchLabels: {'reserved:ingress': ''}}, ingress: [{}]}",
    ],
  ])("selects no pod by %s", (_, spec) => {
    expect(selectsNothing(cilium(spec))).toBe(true);
  });

  it("refuses a policy without a subject", () => {
    expect(faultsOf(cilium("spec: {ingress: [{}]}"))).toEqual([
      "error spec must have exactly one of endpointSelector and nodeSelector",
    ]);
    expect(faultsOf(cilium(""))).toEqual(["error spec is required: write spec or specs"]);
  });
});

describe("other policies", () => {
  it.each([
    [
      "Istio of a namespace",
      "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: shop}\nspec: {selector: {matchLabels: {app: web}}}",
      "shop: pods app=web ingress",
    ],
    [
      "Istio of the root namespace",
      "apiVersion: security.istio.io/v1beta1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: istio-system}\nspec: {}",
      "cluster: ingress",
    ],
    [
      "Istio of a gateway",
      "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: shop}\nspec: {targetRefs: [{kind: Gateway, name: b}]}",
      "shop: not understood ingress",
    ],
    [
      "Antrea",
      "apiVersion: crd.antrea.io/v1beta1\nkind: ClusterNetworkPolicy\nmetadata: {name: a}\nspec: {appliedTo: [{podSelector: {matchLabels: {app: web}}, namespaceSelector: {matchLabels: {team: a}}}], egress: [{action: Drop}]}",
      "cluster: pods app=web namespaces team=a egress",
    ],
    [
      "Antrea by rule",
      "apiVersion: crd.antrea.io/v1beta1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: shop}\nspec: {ingress: [{appliedTo: [{podSelector: {matchLabels: {app: a}}}]}, {appliedTo: [{podSelector: {matchLabels: {app: b}}}]}]}",
      "shop: pods app in (a,b) ingress",
    ],
    [
      "an Antrea group",
      "apiVersion: crd.antrea.io/v1beta1\nkind: ClusterNetworkPolicy\nmetadata: {name: a}\nspec: {appliedTo: [{group: g}], egress: [{action: Drop}]}",
      "cluster: egress",
    ],
    [
      "an egress firewall",
      "apiVersion: k8s.ovn.org/v1\nkind: EgressFirewall\nmetadata: {name: default, namespace: shop}\nspec: {egress: [{type: Deny, to: {cidrSelector: 0.0.0.0/0}}]}",
      "shop: egress",
    ],
    [
      "AWS security groups",
      "apiVersion: vpcresources.k8s.aws/v1beta1\nkind: SecurityGroupPolicy\nmetadata: {name: a, namespace: shop}\nspec: {podSelector: {matchLabels: {app: web}}}",
      "shop: pods app=web ingress+egress",
    ],
    [
      "an unknown kind with podSelector",
      "apiVersion: example.com/v1\nkind: FancyNetworkPolicy\nmetadata: {name: a, namespace: shop}\nspec: {podSelector: {matchLabels: {app: web}}}",
      "shop: pods app=web ingress+egress",
    ],
    [
      "an unknown kind",
      "apiVersion: example.com/v1\nkind: GlobalFancyNetworkPolicy\nmetadata: {name: a}\nspec: {who: everyone}",
      "cluster: not understood ingress+egress",
    ],
  ])("reads %s", (_, text, expected) => {
    expect(reachOf(text)).toBe(expected);
  });

  it.each([
    [
      "an audit of Istio",
      "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec: {action: AUDIT}",
    ],
    [
      "Antrea's nodes",
      "apiVersion: crd.antrea.io/v1beta1\nkind: ClusterNetworkPolicy\nmetadata: {name: a}\nspec: {appliedTo: [{nodeSelector: {}}], egress: [{action: Drop}]}",
    ],
    [
      "Antrea without rules",
      "apiVersion: crd.antrea.io/v1beta1\nkind: ClusterNetworkPolicy\nmetadata: {name: a}\nspec: {appliedTo: [{podSelector: {}}]}",
    ],
  ])("leaves out %s", (_, text) => {
    expect(selectsNothing(text)).toBe(true);
  });

  it("leaves secondary networks out: pods' first network is the one of the model", () => {
    const text =
      "apiVersion: k8s.cni.cncf.io/v1beta1\nkind: MultiNetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}}";
    expect(decodeYaml(text).kind).toBe("ignored");
  });
});
