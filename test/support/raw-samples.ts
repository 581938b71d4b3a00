// One valid object of every kind that is read, with every field that is read, to be changed by tests at random.

const template = {
  metadata: { labels: { app: "web", tier: "front" }, annotations: { a: "b" } },
  spec: {
    hostNetwork: false,
    serviceAccountName: "web",
    dnsPolicy: "None",
    dnsConfig: {
      nameservers: ["10.0.0.10"],
      searches: ["a.b"],
      options: [{ name: "ndots", value: "2" }],
    },
    containers: [
      { name: "c", ports: [{ name: "http", containerPort: 80, protocol: "TCP", hostPort: 80 }] },
    ],
    initContainers: [{ name: "i", restartPolicy: "Always", ports: [{ containerPort: 15000 }] }],
    readinessGates: [{ conditionType: "x" }],
  },
};
const metadata = {
  name: "web",
  namespace: "shop",
  labels: { app: "web" },
  annotations: { note: "x" },
  uid: "u1",
  creationTimestamp: "2026-01-01T00:00:00Z",
  ownerReferences: [{ kind: "ReplicaSet", name: "web-5f", controller: true }],
};
const selector = {
  matchLabels: { app: "web" },
  matchExpressions: [
    { key: "tier", operator: "In", values: ["a", "b"] },
    { key: "canary", operator: "DoesNotExist" },
  ],
};
const podPeer = { namespaceSelector: selector, podSelector: selector };
const workload = { replicas: 2, selector: { matchLabels: { app: "web" } }, template };
const list = { name: "default", annotations: {} };
const adminRule = {
  name: "r",
  action: "Deny",
  ports: [{ portNumber: { protocol: "UDP", port: 53 } }, { portRange: { start: 1, end: 9 } }],
};
const clusterRule = {
  name: "r",
  action: "Accept",
  protocols: [
    { tcp: { destinationPort: { number: 80 } } },
    { udp: { destinationPort: { range: { start: 1, end: 2 } } } },
  ],
};

const kinds: readonly (readonly [string, string, object])[] = [
  ["v1", "Namespace", {}],
  [
    "v1",
    "Pod",
    {
      spec: { ...template.spec, nodeName: "n1" },
      status: {
        phase: "Running",
        hostIP: "192.168.0.1",
        podIP: "10.0.0.1",
        podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }],
        conditions: [{ type: "Ready", status: "True", reason: "r", message: "m" }],
        containerStatuses: [
          {
            name: "c",
            ready: true,
            restartCount: 1,
            state: { waiting: { reason: "w" } },
            lastState: { terminated: { reason: "t", exitCode: 1 } },
          },
        ],
      },
    },
  ],
  ["apps/v1", "Deployment", { spec: workload, status: { readyReplicas: 1 } }],
  ["apps/v1", "StatefulSet", { spec: workload }],
  ["apps/v1", "DaemonSet", { spec: workload, status: { numberReady: 1 } }],
  ["apps/v1", "ReplicaSet", { spec: workload }],
  ["v1", "ReplicationController", { spec: { ...workload, selector: { app: "web" } } }],
  [
    "batch/v1",
    "Job",
    { spec: { template }, status: { conditions: [{ type: "Complete", status: "False" }] } },
  ],
  ["batch/v1", "CronJob", { spec: { jobTemplate: { spec: { template } } } }],
  [
    "v1",
    "Service",
    {
      spec: {
        type: "LoadBalancer",
        selector: { app: "web" },
        clusterIP: "10.1.0.1",
        clusterIPs: ["10.1.0.1"],
        externalIPs: ["203.0.113.1"],
        loadBalancerIP: "203.0.113.2",
        loadBalancerSourceRanges: ["10.0.0.0/8"],
        ports: [
          { name: "http", port: 80, targetPort: "http", protocol: "TCP", nodePort: 30080 },
          { name: "dns", port: 53, targetPort: 5353, protocol: "UDP" },
        ],
        ipFamilies: ["IPv4"],
        internalTrafficPolicy: "Local",
        externalTrafficPolicy: "Local",
        sessionAffinity: "ClientIP",
        publishNotReadyAddresses: true,
      },
      status: { loadBalancer: { ingress: [{ ip: "203.0.113.3" }] } },
    },
  ],
  [
    "v1",
    "Endpoints",
    {
      subsets: [
        {
          addresses: [{ ip: "10.0.0.1", nodeName: "n1", targetRef: { kind: "Pod", name: "a" } }],
          notReadyAddresses: [{ ip: "10.0.0.2" }],
          ports: [{ name: "http", port: 80 }],
        },
      ],
    },
  ],
  [
    "discovery.k8s.io/v1",
    "EndpointSlice",
    {
      addressType: "IPv4",
      endpoints: [
        {
          addresses: ["10.0.0.1"],
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: "n1",
          targetRef: { kind: "Pod", name: "a" },
        },
      ],
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
    },
  ],
  [
    "v1",
    "Node",
    {
      spec: {
        podCIDR: "10.0.0.0/24",
        podCIDRs: ["10.0.0.0/24"],
        unschedulable: true,
        taints: [{ key: "a", value: "b", effect: "NoSchedule" }],
      },
      status: {
        addresses: [{ type: "InternalIP", address: "192.168.0.1" }],
        conditions: [{ type: "Ready", status: "True" }],
      },
    },
  ],
  [
    "v1",
    "ConfigMap",
    { metadata: { name: "coredns", namespace: "kube-system" }, data: { Corefile: ".:53 {}" } },
  ],
  [
    "v1",
    "Event",
    {
      reason: "Unhealthy",
      message: "m",
      count: 2,
      involvedObject: { kind: "Pod", namespace: "shop", name: "web", uid: "u" },
    },
  ],
  [
    "networking.k8s.io/v1",
    "NetworkPolicy",
    {
      spec: {
        podSelector: selector,
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          {
            from: [
              { podSelector: selector },
              podPeer,
              { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
            ],
            ports: [{ protocol: "TCP", port: 80, endPort: 90 }, { port: "http" }],
          },
        ],
        egress: [{ to: [{ namespaceSelector: selector }] }, {}],
      },
    },
  ],
  [
    "policy.networking.k8s.io/v1alpha2",
    "ClusterNetworkPolicy",
    {
      spec: {
        tier: "Admin",
        priority: 7,
        subject: { pods: podPeer },
        ingress: [{ ...clusterRule, from: [{ namespaces: selector }, { pods: podPeer }] }],
        egress: [
          {
            ...clusterRule,
            to: [
              { networks: ["10.0.0.0/8", "fd00::/8"] },
              { nodes: selector },
              { domainNames: ["*.example.com"] },
            ],
          },
        ],
      },
    },
  ],
  [
    "policy.networking.k8s.io/v1alpha1",
    "AdminNetworkPolicy",
    {
      spec: {
        priority: 7,
        subject: { namespaces: selector },
        ingress: [
          {
            ...adminRule,
            from: [
              { namespaces: { namespaceSelector: selector } },
              { pods: { namespaces: { sameLabels: ["a"] }, podSelector: {} } },
            ],
          },
        ],
        egress: [
          { ...adminRule, to: [{ networks: ["10.0.0.0/8"] }] },
          { action: "Pass", to: [{ namespaces: {} }], ports: [{ namedPort: "web" }] },
        ],
      },
    },
  ],
  [
    "policy.networking.k8s.io/v1alpha1",
    "BaselineAdminNetworkPolicy",
    {
      metadata: list,
      spec: {
        subject: { namespaces: {} },
        ingress: [{ ...adminRule, from: [{ namespaces: {} }] }],
      },
    },
  ],
  [
    "projectcalico.org/v3",
    "NetworkPolicy",
    {
      spec: {
        types: ["Ingress"],
        selector: "a == 'b' && (c in {'d'} || !has(e))",
        ingress: [{ action: "Allow" }],
      },
    },
  ],
  [
    "projectcalico.org/v3",
    "GlobalNetworkPolicy",
    {
      spec: {
        selector: "all()",
        namespaceSelector: "team == 'a'",
        serviceAccountSelector: "x == 'y'",
      },
    },
  ],
  [
    "cilium.io/v2",
    "CiliumNetworkPolicy",
    {
      spec: {
        endpointSelector: {
          matchLabels: { "k8s:app": "web" },
          matchExpressions: [{ key: "any:a", operator: "NotIn", values: ["b"] }],
        },
        ingress: [{}],
        egressDeny: [{}],
      },
    },
  ],
  [
    "cilium.io/v2",
    "CiliumClusterwideNetworkPolicy",
    {
      specs: [
        { endpointSelector: {}, ingress: [{}] },
        { endpointSelector: { matchLabels: { a: "b" } }, egress: [{}] },
      ],
    },
  ],
  [
    "security.istio.io/v1",
    "AuthorizationPolicy",
    { spec: { selector: { matchLabels: { app: "web" } }, action: "DENY", targetRefs: [] } },
  ],
  [
    "crd.antrea.io/v1beta1",
    "ClusterNetworkPolicy",
    {
      spec: {
        appliedTo: [{ podSelector: selector, namespaceSelector: selector }, { group: "g" }],
        ingress: [{}],
        egress: [{ appliedTo: [{ podSelector: {} }] }],
      },
    },
  ],
  ["k8s.ovn.org/v1", "EgressFirewall", { spec: { egress: [{}] } }],
  ["vpcresources.k8s.aws/v1beta1", "SecurityGroupPolicy", { spec: { podSelector: selector } }],
  ["example.com/v1", "FancyNetworkPolicy", { spec: { podSelector: selector } }],
];

/** A valid object of every kind, as JSON has it. */
export const rawSamples: readonly object[] = kinds.map(([apiVersion, kind, rest]) => ({
  apiVersion,
  kind,
  metadata,
  ...rest,
}));
