import type { PortRule } from "../model/objects.js";

/** Whether a rule is for DNS alone: everyone needs names, and everyone may ask. */
export const isForDnsOnly = (ports: readonly PortRule[] | undefined): boolean =>
  ports?.every(isDnsPort) ?? false;

// 5353 is where the DNS pods of OpenShift listen.
const isDnsPort = (port: PortRule): boolean =>
  port.kind === "named"
    ? /^dns/.test(port.name)
    : port.first === port.last && (port.first === 53 || port.first === 5353);
