import type { PortRule } from "../model/objects.js";
import { portMax, portMin } from "../sets/port-set.js";

/** One port of one protocol. */
export type SinglePort = { readonly protocol: "TCP" | "UDP" | "SCTP"; readonly number: number };

/** Whether a list of ports holds a port by number. */
export const holdsPort = (
  ports: readonly PortRule[] | undefined,
  { protocol, number }: SinglePort,
): boolean =>
  ports === undefined ||
  ports.some(
    (port) =>
      port.kind === "numbers" &&
      port.protocol === protocol &&
      port.first <= number &&
      number <= port.last,
  );

/** Whether a list opens every port of some protocol: no list at all, or an entry without a port. */
export const opensEveryPort = (ports: readonly PortRule[] | undefined): boolean =>
  ports === undefined ||
  ports.some((port) => port.kind === "numbers" && port.first === portMin && port.last === portMax);
