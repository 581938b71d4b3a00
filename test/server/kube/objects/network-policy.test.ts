import { describe, expect, it } from "vitest";
import { selectorText } from "../../../../server/analyzer/model/label-selector.js";
import type { NetworkPolicyObject } from "../../../../server/analyzer/model/objects.js";
import { ipText } from "../../../../server/analyzer/sets/ip.js";
import { decodeYaml, faultsOf, objectOf } from "../../../support/raw-objects.js";

/** A policy with this spec; lines are indented below it. */
const policyText = (spec: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\nspec:\n${spec.replace(/^/gm, "  ")}`;
const policyOf = (spec: string): NetworkPolicyObject => objectOf("NetworkPolicy", policyText(spec));
const faults = (spec: string): readonly string[] => faultsOf(policyText(spec));

describe("policyTypes", () => {
  it.each([
    ["T2 isolates ingress when there are no rules", "podSelector: {}", ["ingress"]],
    ["T2 isolates both when there are egress rules", "egress: [{}]", ["ingress", "egress"]],
    ["T2 isolates ingress alone when egress is an empty list", "egress: []", ["ingress"]],
    [
      "T3 goes by what is written, whatever rules there are",
      "policyTypes: [Ingress]\negress: [{}]",
      ["ingress"],
    ],
    ["T3 reads egress alone", "policyTypes: [Egress]", ["egress"]],
    ["counts an empty list as not given", "policyTypes: []\negress: [{}]", ["ingress", "egress"]],
    ["counts a repeated word once", "policyTypes: [Egress, Egress]", ["egress"]],
  ])("%s", (_, spec, isolates) => {
    expect(policyOf(spec).isolates).toEqual(isolates);
  });

  it("tells whether it was written", () => {
    expect(policyOf("policyTypes: [Ingress]").policyTypesGiven).toBe(true);
    expect(policyOf("podSelector: {}").policyTypesGiven).toBe(false);
  });

  it("keeps rules of a direction that it does not isolate", () => {
    expect(policyOf("policyTypes: [Ingress]\negress: [{}]").egress).toEqual([{}]);
  });

  it("T65 refuses other words and more than two", () => {
    expect(faults("policyTypes: [ingress]")).toEqual([
      'error spec.policyTypes[0] "ingress" is not supported: write Ingress',
    ]);
    expect(faults("policyTypes: [Ingress, Egress, Ingress]")).toEqual([
      "error spec.policyTypes must not have more than two entries: Ingress and Egress",
    ]);
  });
});

describe("rules", () => {
  it("T4 tells no rules from a rule that allows everything", () => {
    expect(policyOf("ingress: []").ingress).toEqual([]);
    expect(policyOf("ingress: [{}]").ingress).toEqual([{}]);
  });

  it("reads a rule of null as the empty rule, as Go does", () => {
    expect(policyOf("ingress: [null]").ingress).toEqual([{}]);
  });

  it("T5 reads empty lists of peers and ports as absent, and remembers that they were written", () => {
    const policy = policyOf("ingress:\n- from: []\n  ports: []\negress: []");
    expect(policy.ingress).toEqual([{}]);
    expect(policy.emptyLists).toEqual([
      ["spec", "ingress", 0, "from"],
      ["spec", "ingress", 0, "ports"],
      ["spec", "egress"],
    ]);
  });

  it("T7 selects every pod of the namespace without a podSelector, and without a spec", () => {
    expect(selectorText(policyOf("policyTypes: [Ingress]").podSelector)).toBe("everything");
    const bare = objectOf(
      "NetworkPolicy",
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}",
    );
    expect(bare).toMatchObject({ namespace: "default", isolates: ["ingress"], ingress: [] });
    expect(selectorText(bare.podSelector)).toBe("everything");
  });

  it("T13 puts a policy without a namespace in default", () => {
    const text =
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}}";
    expect(objectOf("NetworkPolicy", text).namespace).toBe("default");
  });
});

describe("peers", () => {
  const peersOf = (from: string) =>
    policyOf(`ingress:\n- from:\n${from.replace(/^/gm, "  ")}`).ingress[0]?.peers;

  it("T9 reads two selectors of one entry as one peer, and of two entries as two", () => {
    expect(
      peersOf("- namespaceSelector: {matchLabels: {a: b}}\n  podSelector: {matchLabels: {c: d}}"),
    ).toHaveLength(1);
    expect(
      peersOf("- namespaceSelector: {matchLabels: {a: b}}\n- podSelector: {matchLabels: {c: d}}"),
    ).toHaveLength(2);
  });

  it("T10 keeps apart what is absent and what is empty", () => {
    const [podsOnly, namespacesOnly] = peersOf("- podSelector: {}\n- namespaceSelector: {}") ?? [];
    expect(podsOnly).not.toHaveProperty("namespaceSelector");
    expect(namespacesOnly).not.toHaveProperty("podSelector");
  });

  it.each([
    ["an empty peer", "- {}"],
    ["a peer of null", "- null"],
    ["a peer whose fields are null", "- podSelector: null"],
  ])("T8 refuses %s", (_, from) => {
    expect(faults(`ingress:\n- from:\n${from.replace(/^/gm, "  ")}`)[0]).toMatch(
      /^error spec\.ingress\[0\]\.from\[0\] must specify a peer/,
    );
  });

  it("T8 refuses an ipBlock together with a selector", () => {
    expect(
      faults("ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]")[0],
    ).toMatch(/from\[0\] must not have ipBlock together with podSelector/);
  });

  it("T30 masks host bits and says so", () => {
    const peers = peersOf("- ipBlock: {cidr: 10.1.2.3/8, except: [10.1.2.3/16]}") ?? [];
    const [peer] = peers;
    if (peer?.kind !== "ipBlock") throw new Error("no block");
    expect(ipText({ family: 4, value: peer.block.range.first })).toBe("10.0.0.0");
    expect(peer.block.text).toBe("10.1.2.3/8");
    expect(faults("ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/8}}]}]")).toEqual([
      "warning spec.ingress[0].from[0].ipBlock.cidr 10.1.2.3/8 has host bits set and means 10.0.0.0/8: write that",
    ]);
  });

  it.each([
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["::ffff:10.1.2.3/104", "10.0.0.0/8"],
    ["::ffff:10.0.0.0/8", "::/8, which holds no IPv4 address"],
  ])("T30 says what the IPv4-mapped %s means", (cidr, meant) => {
    expect(faults(`ingress: [{from: [{ipBlock: {cidr: "${cidr}"}}]}]`)).toEqual([
      `warning spec.ingress[0].from[0].ipBlock.cidr ${cidr} has an IPv4-mapped address and means ${meant}: write what is meant, newer API servers refuse it and network plugins differ`,
    ]);
  });

  it("T30 holds an exception of an IPv4-mapped block to be within it", () => {
    const block = (hole: string) =>
      faults(`ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: ["${hole}"]}}]}]`).filter(
        (fault) => fault.startsWith("error"),
      );
    expect(block("::ffff:10.1.0.0/112")).toEqual([]);
    expect(block("::ffff:11.1.0.0/112")).toHaveLength(1);
    expect(block("::ffff:10.1.0.0/16")).toHaveLength(1);
  });

  it("T31 reads blocks of both families", () => {
    expect(peersOf("- ipBlock: {cidr: 'fd00::/8', except: ['fd01::/16']}")).toMatchObject([
      { block: { range: { family: 6 }, except: [{ family: 6 }] } },
    ]);
  });

  it.each([
    ["equal to the block", "10.0.0.0/8", "10.0.0.0/8"],
    ["outside it", "10.0.0.0/8", "192.168.0.0/16"],
    ["larger than it", "10.0.0.0/16", "10.0.0.0/8"],
    ["of the other family", "10.0.0.0/8", "fd00::/16"],
  ])("T29 refuses an exception %s", (_, cidr, hole) => {
    expect(
      faults(`ingress: [{from: [{ipBlock: {cidr: "${cidr}", except: ["${hole}"]}}]}]`),
    ).toEqual([
      `error spec.ingress[0].from[0].ipBlock.except[0] ${hole} must be a strict subset of cidr ${cidr}: name a smaller block inside it`,
    ]);
  });

  it.each([
    ["an address", "10.0.0.1", '"10.0.0.1" is an address, not a CIDR: write 10.0.0.1/32'],
    ["an IPv6 address", '"fd00::1"', '"fd00::1" is an address, not a CIDR: write fd00::1/128'],
    ["a word", "all", '"all" is not a CIDR such as 10.0.0.0/8 or fd00::/8'],
    [
      "a prefix that is too long",
      "10.0.0.0/33",
      '"10.0.0.0/33" is not a CIDR such as 10.0.0.0/8 or fd00::/8',
    ],
    ["nothing", '""', "is required: write a CIDR such as 10.0.0.0/8"],
  ])("refuses %s for a block", (_, cidr, message) => {
    expect(faults(`ingress: [{from: [{ipBlock: {cidr: ${cidr}}}]}]`)).toEqual([
      `error spec.ingress[0].from[0].ipBlock.cidr ${message}`,
    ]);
  });
});

describe("ports", () => {
  const portsOf = (ports: string) => policyOf(`ingress: [{ports: [${ports}]}]`).ingress[0]?.ports;

  it.each([
    [
      "T15 takes TCP when no protocol is written",
      "{port: 80}",
      { protocol: "TCP", first: 80, last: 80 },
    ],
    [
      "T16 takes every port of a protocol alone",
      "{protocol: UDP}",
      { protocol: "UDP", first: 1, last: 65_535 },
    ],
    ["T17 includes endPort", "{port: 80, endPort: 90}", { protocol: "TCP", first: 80, last: 90 }],
    ["T17 allows endPort to be the port", "{port: 80, endPort: 80}", { first: 80, last: 80 }],
    ["T23 reads SCTP", "{protocol: SCTP, port: 7}", { protocol: "SCTP", first: 7 }],
    ["reads a name", "{protocol: UDP, port: dns}", { kind: "named", protocol: "UDP", name: "dns" }],
    ["reads an empty entry as every TCP port", "{}", { protocol: "TCP", first: 1, last: 65_535 }],
  ])("%s", (_, ports, expected) => {
    expect(portsOf(ports)).toMatchObject([expected]);
  });

  it.each([
    [
      "T17 endPort below port",
      "{port: 90, endPort: 80}",
      "endPort 80 must not be less than port 90: swap them",
    ],
    [
      "T17 endPort without port",
      "{endPort: 80}",
      "endPort must not be given without port: name the first port too",
    ],
    [
      "T17 endPort with a name",
      "{port: http, endPort: 80}",
      "endPort must not be given with a named port: use port numbers for a range",
    ],
    ["port 0", "{port: 0}", "port port 0 must be between 1 and 65535"],
    ["port 65536", "{port: 65536}", "port port 65536 must be between 1 and 65535"],
    [
      "a quoted number",
      '{port: "80"}',
      'port "80" is a string: write the port number without quotes',
    ],
    ["half a port", "{port: 80.5}", "port must be a whole number, not the number 80.5"],
    [
      "a protocol in small letters",
      "{protocol: tcp}",
      'protocol "tcp" is not supported: write TCP',
    ],
    [
      "another protocol",
      "{protocol: ICMP}",
      'protocol "ICMP" is not supported: use TCP, UDP or SCTP',
    ],
    [
      "a name that is too long",
      "{port: a-very-long-port-name}",
      'port port name "a-very-long-port-name" must be at most 15 lower-case letters, digits and single "-", with at least one letter, starting and ending with a letter or digit',
    ],
  ])("refuses %s", (_, ports, message) => {
    expect(faults(`ingress: [{ports: [${ports}]}]`)).toEqual([
      `error spec.ingress[0].ports[0].${message}`,
    ]);
  });
});

describe("selectors", () => {
  const selectorOf = (selector: string): string =>
    selectorText(policyOf(`podSelector: ${selector}`).podSelector);

  it("reads labels and expressions as one list of requirements", () => {
    expect(
      selectorOf(
        "{matchLabels: {app: web}, matchExpressions: [{key: tier, operator: NotIn, values: [b, a]}, {key: p, operator: Exists}, {key: q, operator: DoesNotExist}]}",
      ),
    ).toBe("!q,app=web,p,tier notin (a,b)");
  });

  it("tells an expression that a label could say from the label", () => {
    const read = (selector: string) => policyOf(`podSelector: ${selector}`).podSelector;
    const expressed = read("{matchExpressions: [{key: app, operator: In, values: [web]}]}");
    expect(expressed.key).toBe(read("{matchLabels: {app: web}}").key);
    expect(expressed.expressed).toEqual(["app=web"]);
  });

  it("takes names of JavaScript for keys like any other", () => {
    expect(selectorOf("{matchLabels: {constructor: a, toString: b}}")).toBe(
      "constructor=a,toString=b",
    );
    expect(faults("podSelector: {matchLabels: {__proto__: b}}")[0]).toMatch(
      /label key "__proto__"/,
    );
  });

  it.each([
    [
      "In without values",
      "{key: a, operator: In}",
      "values must be given with operator In: list at least one value",
    ],
    [
      "Exists with values",
      "{key: a, operator: Exists, values: [b]}",
      "values must not be given with operator Exists: remove them, or use In",
    ],
    ["no operator", "{key: a}", "operator is required: use In, NotIn, Exists or DoesNotExist"],
    [
      "an operator in small letters",
      "{key: a, operator: in, values: [b]}",
      'operator "in" is not supported: write In',
    ],
    ["no key", "{operator: Exists}", "key is required"],
  ])("refuses %s", (_, expression, message) => {
    expect(faults(`podSelector: {matchExpressions: [${expression}]}`)).toEqual([
      `error spec.podSelector.matchExpressions[0].${message}`,
    ]);
  });

  it("refuses a label value that is no text, as the API server does", () => {
    expect(faults("podSelector: {matchLabels: {canary: true}}")).toEqual([
      "error spec.podSelector.matchLabels.canary must be a string, not the boolean true: quote it",
    ]);
    expect(faults("podSelector: {matchLabels: {version: 1.10}}")).toEqual([
      "error spec.podSelector.matchLabels.version must be a string, not the number 1.1: quote it",
    ]);
    expect(faults("podSelector: {matchLabels: {enabled: on}}")[0]).toMatch(/not the boolean true/);
  });

  it("refuses label values that no object can have", () => {
    expect(faults('podSelector: {matchLabels: {a: "b c"}}')[0]).toMatch(
      /label value "b c" must be/,
    );
  });
});

describe("fields that the API does not have", () => {
  it("are told with the field that was meant, and have no effect", () => {
    const spec = "podSelectors: {}\ningress: [{form: [{podSelector: {}}]}]";
    expect(faults(spec)).toEqual([
      "warning spec.podSelectors is no field of this API and has no effect: did you mean podSelector?",
      "warning spec.ingress[0].form is no field of this API and has no effect: did you mean from?",
    ]);
    expect(policyOf(spec).ingress).toEqual([{}]);
  });
});

describe("types", () => {
  it.each([
    ["a list for the spec", "[]", "error spec must be a map, not a list"],
    ["a map for the rules", "\n  ingress: {}", "error spec.ingress must be a list, not a map"],
    [
      "a text for a rule",
      "\n  ingress: [all]",
      'error spec.ingress[0] must be a map, not the string "all"',
    ],
    [
      "a map for a port",
      "\n  ingress: [{ports: [{port: {}}]}]",
      "error spec.ingress[0].ports[0].port must be a whole number, not a map",
    ],
  ])("refuses %s", (_, spec, message) => {
    const text = `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: ${spec}`;
    expect(faultsOf(text)).toEqual([message]);
    expect(decodeYaml(text).kind).toBe("refused");
  });
});
