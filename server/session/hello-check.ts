import ipaddr from "ipaddr.js";
import { type Hello, protocolVersions, type StatusCode } from "../../common/agent-stream.js";
import {
  addressBytesMax,
  explanationBytesMax,
  featuresMax,
  nameBytesMax,
  podAddressesMax,
  podUidBytesMax,
  wordBytesMax,
} from "../../common/limits.js";
import type { ControlConfig, Principal } from "./protocol.js";

/** What became of a Hello. */
export type HelloCheck =
  | { readonly kind: "good"; readonly protocolVersion: number }
  | {
      readonly kind: "bad";
      readonly code: StatusCode;
      /** Machine-readable: label of a counter. */
      readonly reason: "malformed" | "wrong_node" | "protocol_version" | "heartbeat_interval";
      /** For people: names the field or the values, and what is allowed. */
      readonly message: string;
    };

/** Checks everything in a Hello that an agent may get wrong, whatever the state of the server. */
export const checkHello = (
  hello: Hello,
  principal: Principal,
  { lostAfterMs }: Pick<ControlConfig, "lostAfterMs">,
): HelloCheck => {
  const fault = faultOf(hello);
  if (fault !== undefined) return bad("invalid_argument", "malformed", `hello.${fault}`);
  if (principal.node !== undefined && principal.node !== hello.identity.node) {
    const message = `the credential is for node ${principal.node}, not for ${hello.identity.node}`;
    return bad("permission_denied", "wrong_node", message);
  }
  const { min, max } = hello.protocol;
  const protocolVersion = Math.min(max, protocolVersions.max);
  if (protocolVersion < Math.max(min, protocolVersions.min)) {
    const message = `the agent speaks protocol ${rangeText(min, max)}, the server ${rangeText(protocolVersions.min, protocolVersions.max)}`;
    return bad("failed_precondition", "protocol_version", message);
  }
  const { heartbeatIntervalS } = hello.settings;
  if (heartbeatIntervalS * 1000 >= lostAfterMs) {
    const message = `HEARTBEAT_INTERVAL (${heartbeatIntervalS} s) must be below the server's CACHE_KEY_SECOND (${lostAfterMs / 1000} s)`;
    return bad("failed_precondition", "heartbeat_interval", message);
  }
  return { kind: "good", protocolVersion };
};

const bad = (
  code: StatusCode,
  reason: Extract<HelloCheck, { kind: "bad" }>["reason"],
  message: string,
): HelloCheck => ({ kind: "bad", code, reason, message });

const rangeText = (min: number, max: number): string =>
  min === max ? `version ${min}` : `versions ${min} to ${max}`;

/** The first field that is wrong, with what is allowed; undefined when all are right. */
const faultOf = (hello: Hello): string | undefined =>
  nameFault(hello) ??
  identityFault(hello) ??
  protocolFault(hello) ??
  abilitiesFault(hello) ??
  settingsFault(hello) ??
  countsFault(hello);

const nodePattern = /^[a-z0-9]([a-z0-9.:-]*[a-z0-9])?$/;
const idPattern = /^[a-z0-9.-]+$/;
const bootPattern = /^[0-9A-Za-z_-]{1,64}$/;
const labelPattern = /^[\x21-\x7e]*$/;
const hostNamePattern = /^[0-9A-Za-z_]([0-9A-Za-z._-]*)$/;
const uidPattern = /^[0-9A-Za-z-]*$/;
const hashPattern = /^[0-9a-f]{64}$/;

const nameFault = ({ agentId, bootId, plane, identity }: Hello): string | undefined => {
  if (plane !== "pod" && plane !== "host") return `plane: allowed: "pod" or "host"`;
  const { node } = identity;
  if (node.length > nameBytesMax || !(nodePattern.test(node) || ipaddr.IPv6.isValid(node))) {
    return `identity.node: allowed: lower-case letters, digits, ".", "-" and ":", at most ${nameBytesMax} characters`;
  }
  const expected = `${node.replaceAll(":", "-")}.${plane}`;
  if (agentId !== expected || agentId.length > nameBytesMax || !idPattern.test(agentId)) {
    return `agent_id: must be NODE.PLANE, here ${expected}, in lower case, at most ${nameBytesMax} characters`;
  }
  return bootPattern.test(bootId)
    ? undefined
    : "boot_id: allowed: 1 to 64 letters, digits, - and _";
};

const identityFault = ({ identity, zone }: Hello): string | undefined => {
  const { pod, namespace, podUid, ips, nodeIp } = identity;
  for (const [field, text] of [
    ["identity.pod", pod],
    ["identity.namespace", namespace],
    ["zone", zone],
  ] as const) {
    if (text.length > nameBytesMax || !labelPattern.test(text)) {
      return `${field}: allowed: at most ${nameBytesMax} printable ASCII characters without spaces`;
    }
  }
  if (podUid.length > podUidBytesMax || !uidPattern.test(podUid)) {
    return `identity.pod_uid: allowed: at most ${podUidBytesMax} letters, digits and -`;
  }
  if (ips.length < 1 || ips.length > podAddressesMax) {
    return `identity.ips: allowed: 1 to ${podAddressesMax} addresses`;
  }
  if (!ips.every(isUnicastAddress)) return "identity.ips: allowed: IPv4 and IPv6 unicast addresses";
  return isUnicastAddress(nodeIp)
    ? undefined
    : "identity.node_ip: allowed: an IPv4 or IPv6 unicast address";
};

const isUnicastAddress = (text: string): boolean => {
  if (text.length > addressBytesMax) return false;
  if (!(ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text))) return false;
  return !["unspecified", "multicast", "broadcast"].includes(ipaddr.parse(text).range());
};

const protocolFault = ({ protocol: { min, max } }: Hello): string | undefined =>
  isCount(min) && isCount(max) && min >= 1 && min <= max
    ? undefined
    : "protocol: allowed: min from 1, max not below min";

const abilitiesFault = ({ features, unavailable, version }: Hello): string | undefined => {
  if (version.length > wordBytesMax || !labelPattern.test(version)) {
    return `version: allowed: at most ${wordBytesMax} printable ASCII characters without spaces`;
  }
  if (features.length > featuresMax || !features.every(isAbility)) {
    return `features: allowed: at most ${featuresMax} names of at most ${abilityCharsMax} characters`;
  }
  const missing = Object.entries(unavailable);
  if (
    missing.length > featuresMax ||
    !missing.every(([name, why]) => isAbility(name) && why.length <= explanationBytesMax)
  ) {
    return `unavailable: allowed: at most ${featuresMax} names of at most ${abilityCharsMax} characters, each with at most ${explanationBytesMax} characters`;
  }
  return undefined;
};

const abilityCharsMax = 64;

const isAbility = (name: string): boolean =>
  name !== "" && name.length <= abilityCharsMax && labelPattern.test(name);

const settingsFault = ({ settings }: Hello): string | undefined => {
  const { heartbeatIntervalS, testPort, customServiceName, customServicePort, clientPort } =
    settings;
  if (!isWithin(heartbeatIntervalS, 1, 3600)) {
    return "settings.heartbeat_interval_s: allowed: 1 to 3600";
  }
  if (!isPort(testPort)) return "settings.test_port: allowed: 1 to 65535";
  if (!isPort(clientPort)) return "settings.client_port: allowed: 1 to 65535";
  if (customServiceName === "") return undefined;
  if (customServiceName.length > nameBytesMax || !hostNamePattern.test(customServiceName)) {
    return `settings.custom_service_name: allowed: a DNS name of at most ${nameBytesMax} characters`;
  }
  return isPort(customServicePort)
    ? undefined
    : "settings.custom_service_port: allowed: 1 to 65535";
};

const countsFault = ({ applied, unacked, spooled }: Hello): string | undefined => {
  if (applied !== undefined) {
    const { serverEpoch, revision, hash } = applied;
    if (serverEpoch.length > wordBytesMax || !isCount(revision) || !hashPattern.test(hash)) {
      return `applied: allowed: an epoch of at most ${wordBytesMax} characters, a revision and a hash of 32 bytes`;
    }
  }
  const { first, last } = unacked;
  if (!(isCount(first) && isCount(last) && first >= 1 && last >= first - 1)) {
    return "unacked: allowed: first from 1, last not below first - 1";
  }
  return isCount(spooled.batches) && isCount(spooled.oldestMs)
    ? undefined
    : "spooled: allowed: whole numbers from 0";
};

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

const isPort = (value: number): boolean => isWithin(value, 1, 65_535);
