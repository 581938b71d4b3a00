import type {
  ContainerStatus,
  EventObject,
  PodObject,
} from "../../server/analyzer/model/objects.js";
import { podObject, workloadObject } from "./cluster-objects.js";
import type { CodeCase } from "./diagnosis-cases.js";
import { apiPod, cluster, clusterWithout, webPod } from "./diagnosis-cluster.js";

const waitingFor = (
  reason: string,
  parts: Partial<ContainerStatus> = {},
): PodObject["containers"] => [
  { name: "api", ready: false, restartCount: 0, waiting: reason, ...parts },
];

const pending = (parts: Partial<PodObject>): PodObject =>
  apiPod({ phase: "Pending", ips: [], conditions: [], ...parts });

const unready = { conditions: [{ type: "Ready", status: "False" }] } as const;

const eventOn = (reason: string, message: string): EventObject => ({
  kind: "Event",
  namespace: "shop",
  name: `api.${reason}`,
  labels: {},
  annotations: {},
  regarding: { kind: "Pod", namespace: "shop", name: "api" },
  reason,
  message,
  count: 3,
});

const unscheduled = (message: string): PodObject => {
  const { nodeName: _, ...rest } = pending({
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
  });
  return rest;
};

/** Codes of pods. */
export const podCases: readonly CodeCase[] = [
  {
    code: "POD_NOT_FOUND",
    status: "disconnected",
    shows: {
      when: "when a workload has no pods",
      objects: cluster(workloadObject("shop/batch", { replicas: 0 })),
      question: { podB: "shop/batch" },
    },
    lookAlike: {
      when: "when the workload's pod is broken",
      objects: cluster(
        pending({ owner: { kind: "StatefulSet", name: "batch" } }),
        workloadObject("shop/batch", { kind: "StatefulSet" }),
      ),
      question: { podB: "shop/batch" },
    },
  },
  {
    code: "POD_PENDING_UNSCHEDULABLE",
    status: "disconnected",
    shows: {
      when: "when no node takes the pod",
      objects: cluster(unscheduled("0/2 nodes are available: 2 Insufficient cpu.")),
    },
    lookAlike: {
      when: "when the pod is on a node and waits for its image",
      objects: cluster(pending({ containers: waitingFor("ImagePullBackOff") })),
    },
  },
  {
    code: "POD_IMAGE_PULL",
    status: "disconnected",
    shows: {
      when: "when the image can't be pulled",
      objects: cluster(pending({ containers: waitingFor("ErrImagePull") })),
    },
    lookAlike: {
      when: "when the container waits for its ConfigMap",
      objects: cluster(pending({ containers: waitingFor("CreateContainerConfigError") })),
    },
  },
  {
    code: "POD_CONFIG_ERROR",
    status: "disconnected",
    shows: {
      when: "when a Secret that it mounts does not exist",
      objects: cluster(
        pending({ containers: waitingFor("ContainerCreating") }),
        eventOn("FailedMount", 'MountVolume.SetUp failed: secret "tls" not found'),
      ),
    },
    lookAlike: {
      when: "when a volume's server does not answer yet",
      objects: cluster(
        pending({ containers: waitingFor("ContainerCreating") }),
        eventOn("FailedMount", "timed out waiting for the volume to attach"),
      ),
    },
  },
  {
    code: "POD_SANDBOX_FAILED",
    status: "disconnected",
    shows: {
      when: "when the network plugin did not set the pod up",
      objects: cluster(
        pending({ containers: waitingFor("ContainerCreating") }),
        eventOn(
          "FailedCreatePodSandBox",
          "plugin type=flannel failed: open subnet.env: no such file",
        ),
      ),
    },
    lookAlike: {
      when: "when the node has no address left",
      objects: cluster(
        pending({ containers: waitingFor("ContainerCreating") }),
        eventOn(
          "FailedCreatePodSandBox",
          "failed to allocate for range 0: no IP addresses available in range set",
        ),
      ),
    },
  },
  {
    code: "CNI_IPAM_EXHAUSTED",
    status: "disconnected",
    shows: {
      when: "when the event says that no address is left",
      objects: cluster(
        pending({ containers: waitingFor("ContainerCreating") }),
        eventOn(
          "FailedCreatePodSandBox",
          "no IP addresses available in range set: 10.244.2.1-10.244.2.254",
        ),
      ),
    },
    lookAlike: {
      when: "when the event says that the network is not ready",
      objects: cluster(
        pending({ containers: waitingFor("ContainerCreating") }),
        eventOn("NetworkNotReady", "network is not ready: cni plugin not initialized"),
      ),
    },
  },
  {
    code: "POD_CRASHLOOP",
    status: "disconnected",
    shows: {
      when: "when the container dies again and again",
      objects: cluster(
        apiPod({
          ...unready,
          containers: waitingFor("CrashLoopBackOff", {
            restartCount: 7,
            exitCode: 1,
            lastTerminated: "Error",
          }),
        }),
      ),
    },
    lookAlike: {
      when: "when it restarted once and runs",
      objects: cluster(
        apiPod({
          containers: [{ name: "api", ready: true, restartCount: 1, lastTerminated: "Error" }],
        }),
      ),
    },
  },
  {
    code: "POD_CRASHLOOP",
    status: "disconnected",
    shows: {
      when: "when an init container dies again and again",
      objects: cluster(
        pending({
          ips: ["10.244.2.20"],
          containers: [
            { name: "migrate", ready: false, restartCount: 5, waiting: "CrashLoopBackOff" },
            ...waitingFor("PodInitializing"),
          ],
        }),
      ),
    },
    lookAlike: {
      when: "when it still runs",
      objects: cluster(
        pending({
          containers: [
            { name: "migrate", ready: false, restartCount: 0 },
            ...waitingFor("PodInitializing"),
          ],
        }),
      ),
    },
  },
  {
    code: "POD_CRASHLOOP",
    status: "disconnected",
    shows: {
      when: "when the container that listens has ended and is not started again",
      objects: cluster(
        apiPod({
          ...unready,
          containers: [
            { name: "api", ready: false, restartCount: 0, terminated: "Error", exitCode: 1 },
          ],
        }),
      ),
    },
    lookAlike: {
      when: "when an init container has done its work",
      objects: cluster(
        apiPod({
          containers: [
            { name: "setup", ready: true, restartCount: 0, terminated: "Completed", exitCode: 0 },
            { name: "api", ready: true, restartCount: 0 },
          ],
        }),
      ),
    },
  },
  {
    code: "POD_STARTING",
    status: "disconnected",
    shows: {
      when: "when an init container runs",
      objects: cluster(
        pending({
          containers: [
            { name: "wait", ready: false, restartCount: 0 },
            ...waitingFor("PodInitializing"),
          ],
        }),
      ),
    },
    lookAlike: {
      when: "when the pod has no network yet",
      objects: cluster(pending({ containers: waitingFor("ContainerCreating") })),
    },
  },
  {
    code: "POD_STARTING",
    status: "disconnected",
    shows: {
      when: "when the image is pulled and the pod has its address",
      objects: cluster(
        pending({ ips: ["10.244.2.20"], containers: waitingFor("ContainerCreating") }),
      ),
    },
    lookAlike: { when: "when the pod runs", objects: cluster() },
  },
  {
    code: "POD_OOMKILLED",
    status: "disconnected",
    shows: {
      when: "when the container was killed for lack of memory",
      objects: cluster(
        apiPod({
          ...unready,
          containers: waitingFor("CrashLoopBackOff", {
            restartCount: 4,
            exitCode: 137,
            lastTerminated: "OOMKilled",
          }),
        }),
      ),
    },
    lookAlike: {
      when: "when it was killed by a failing liveness probe",
      objects: cluster(
        apiPod({
          ...unready,
          containers: waitingFor("CrashLoopBackOff", {
            restartCount: 4,
            exitCode: 137,
            lastTerminated: "Error",
          }),
        }),
      ),
    },
  },
  {
    code: "POD_NOT_READY",
    status: "degraded",
    shows: {
      when: "when the readiness probe fails",
      objects: [...clusterWithout("EndpointSlice/shop/api-1", "Pod/shop/api"), apiPod(unready)],
    },
    lookAlike: {
      when: "when the container is down, which is why",
      objects: cluster(apiPod({ ...unready, containers: waitingFor("CrashLoopBackOff") })),
    },
  },
  {
    code: "POD_TERMINATING",
    status: "degraded",
    shows: {
      when: "when the pod is being deleted",
      objects: cluster(apiPod({ terminating: true })),
    },
    lookAlike: { when: "when it has ended", objects: cluster(apiPod({ phase: "Succeeded" })) },
  },
  {
    code: "POD_COMPLETED",
    status: "disconnected",
    shows: { when: "when the pod has ended", objects: cluster(apiPod({ phase: "Succeeded" })) },
    lookAlike: {
      when: "when it was evicted",
      objects: cluster(apiPod({ phase: "Failed", reason: "Evicted" })),
    },
  },
  {
    code: "POD_EVICTED_NODE_LOST",
    status: "disconnected",
    shows: {
      when: "when the node put the pod away",
      objects: cluster(apiPod({ phase: "Failed", reason: "Evicted" })),
    },
    lookAlike: { when: "when it failed by itself", objects: cluster(apiPod({ phase: "Failed" })) },
  },
  {
    code: "POD_IP_MISSING",
    status: "disconnected",
    shows: { when: "when a running pod has no address", objects: cluster(apiPod({ ips: [] })) },
    lookAlike: {
      when: "when a manifest has no status",
      objects: cluster(apiPod({ phase: "", ips: [], conditions: [] })),
    },
  },
  {
    code: "POD_HOSTNETWORK_SEMANTICS",
    status: "connected",
    shows: {
      when: "when the pod is on the host network",
      objects: cluster(
        webPod({ hostNetwork: true, ips: ["192.168.0.1"], dnsPolicy: "ClusterFirstWithHostNet" }),
      ),
    },
    lookAlike: { when: "when it is not", objects: cluster() },
  },
  {
    code: "HOSTPORT_CONFLICT",
    status: "disconnected",
    shows: {
      when: "when the scheduler finds no node with the port free",
      objects: cluster(
        unscheduled(
          "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.",
        ),
      ),
    },
    lookAlike: {
      when: "when it finds none with enough memory",
      objects: cluster(unscheduled("0/2 nodes are available: 2 Insufficient memory.")),
    },
  },
  {
    code: "POD_PORT_CONFLICT",
    status: "disconnected",
    shows: {
      when: "when two containers have one port and one crashes",
      objects: cluster(
        apiPod({
          ...unready,
          ports: [
            { port: 8080, protocol: "TCP", container: "api" },
            { port: 8080, protocol: "TCP", container: "proxy" },
          ],
          containers: waitingFor("CrashLoopBackOff"),
        }),
      ),
    },
    lookAlike: {
      when: "when they have it under two protocols",
      objects: cluster(
        apiPod({
          ...unready,
          ports: [
            { port: 8080, protocol: "TCP", container: "api" },
            { port: 8080, protocol: "UDP", container: "proxy" },
          ],
          containers: waitingFor("CrashLoopBackOff"),
        }),
      ),
    },
  },
  {
    code: "POD_READINESS_GATE",
    status: "degraded",
    shows: {
      when: "when a readiness gate is not met",
      objects: [
        ...clusterWithout("EndpointSlice/shop/api-1", "Pod/shop/api"),
        apiPod({ ...unready, readinessGates: ["example.com/ready"] }),
      ],
    },
    lookAlike: {
      when: "when the gate is met and the probe fails",
      objects: cluster(
        apiPod({
          readinessGates: ["example.com/ready"],
          conditions: [...unready.conditions, { type: "example.com/ready", status: "True" }],
        }),
      ),
    },
  },
  {
    code: "POD_IP_FAMILY_MISMATCH",
    status: "disconnected",
    shows: {
      when: "when one pod has IPv4 and the other IPv6",
      objects: [
        ...clusterWithout("EndpointSlice/shop/api-1", "Pod/shop/api"),
        apiPod({ ips: ["fd00::20"] }),
      ],
    },
    lookAlike: {
      when: "when one of them has both",
      objects: cluster(apiPod({ ips: ["fd00::20", "10.244.2.20"] })),
    },
  },
  {
    code: "POD_IP_DUPLICATE_LOCAL",
    status: "disconnected",
    shows: {
      when: "when a pod of the same node has the address",
      objects: cluster(podObject("shop/twin", { ips: ["10.244.2.20"], nodeName: "n2" })),
    },
    lookAlike: {
      when: "when the pod that has it has ended",
      objects: cluster(
        podObject("shop/twin", { ips: ["10.244.2.20"], nodeName: "n2", phase: "Succeeded" }),
      ),
    },
  },
  {
    code: "POD_IP_DUPLICATE_REMOTE",
    status: "disconnected",
    shows: {
      when: "when a pod of another node has the address",
      objects: cluster(podObject("shop/twin", { ips: ["10.244.2.20"], nodeName: "n1" })),
    },
    lookAlike: {
      when: "when pods of the host network share their node's address",
      objects: cluster(
        apiPod({ hostNetwork: true, ips: ["192.168.0.2"] }),
        podObject("shop/twin", { hostNetwork: true, ips: ["192.168.0.2"], nodeName: "n2" }),
      ),
    },
  },
  {
    code: "POD_WITHOUT_SERVICE",
    status: "connected",
    shows: {
      when: "when no Service selects the pod",
      objects: clusterWithout("Service/shop/api", "EndpointSlice/shop/api-1"),
    },
    lookAlike: { when: "when one does", objects: cluster() },
  },
];
