import type { Hello } from "../../common/agent-stream.js";

/** A Hello of an agent on one node per name: NODE.PLANE gives its node and addresses. */
export const helloOf = ({
  agentId,
  bootId = "0123456789abcdef0123456789abcdef",
  heartbeatIntervalS = 5,
}: {
  readonly agentId: string;
  readonly bootId?: string;
  readonly heartbeatIntervalS?: number;
}): Hello => {
  const node = agentId.slice(0, agentId.lastIndexOf("."));
  const number = Number(/[0-9]+/.exec(node)?.[0] ?? 1) % 250;
  return {
    agentId,
    bootId,
    protocol: { min: 1, max: 1 },
    features: ["tcp", "run"],
    unavailable: {},
    version: "0.1.0",
    identity: {
      node,
      podUid: `uid-${node}`,
      pod: `agent-${node}`,
      namespace: "causeway-system",
      ips: [`127.2.0.${number}`],
      nodeIp: `127.1.0.${number}`,
    },
    plane: agentId.endsWith(".host") ? "host" : "pod",
    zone: "",
    settings: {
      heartbeatIntervalS,
      testPort: 22,
      customServiceName: "",
      customServicePort: 80,
      clientPort: 6100,
    },
    applied: undefined,
    unacked: { first: 1, last: 0 },
    spooled: { batches: 0, oldestMs: 0 },
  };
};
