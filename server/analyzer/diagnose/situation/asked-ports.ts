import type { PodObject } from "../../model/objects.js";
import type { Protocol } from "../../sets/connections.js";
import { diagnosisPortsMax } from "../limits.js";
import type { AskedConnection } from "../question.js";

/** A port of the destination that is judged; 0 stands for any. */
export type JudgedPort = { readonly protocol: Protocol; readonly port: number };

/** The ports of the destination that are judged, and why these. */
export type JudgedPorts = {
  readonly ports: readonly JudgedPort[];
  /** question: the one that was named; declared: those that B's containers declare; any: none is known. */
  readonly from: "question" | "declared" | "any";
  /** Ports that were left out because there are too many. */
  readonly omitted: number;
};

/**
 * A verdict is for a port: without one in the question, the ports that the destination's containers declare are judged,
 * those of the asked protocol, else of TCP, else all; where none is declared, any port.
 */
export const judgedPortsOf = (
  { port, protocol }: AskedConnection,
  pods: readonly PodObject[],
): JudgedPorts => {
  if (port !== 0) {
    return { ports: [{ protocol: protocol ?? "TCP", port }], from: "question", omitted: 0 };
  }
  const declared = declaredPortsOf(pods);
  const wanted = declared.filter((each) => each.protocol === (protocol ?? "TCP"));
  const ports = wanted.length > 0 || protocol !== undefined ? wanted : declared;
  if (ports.length === 0) {
    return { ports: [{ protocol: protocol ?? "TCP", port: 0 }], from: "any", omitted: 0 };
  }
  return {
    ports: ports.slice(0, diagnosisPortsMax),
    from: "declared",
    omitted: Math.max(0, ports.length - diagnosisPortsMax),
  };
};

/** Every port that containers of the pods declare, in order. */
export const declaredPortsOf = (pods: readonly PodObject[]): readonly JudgedPort[] => {
  const byText = new Map(
    pods
      .flatMap((pod) => pod.ports)
      .map(({ protocol, port }) => [`${protocol}/${port}`, { protocol, port }] as const),
  );
  return [...byText.values()].sort((one, other) =>
    one.protocol === other.protocol
      ? one.port - other.port
      : one.protocol < other.protocol
        ? -1
        : 1,
  );
};

/** "TCP/8080", or "TCP" for any port. */
export const portText = ({ protocol, port }: JudgedPort): string =>
  port === 0 ? protocol : `${protocol}/${port}`;
