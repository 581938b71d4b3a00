import { isIP } from "node:net";
import { isProbeKind, type ProbeKind, type ProbeSpec, probeKinds } from "../../common/probe.js";
import {
  expectPodUidBytesMax,
  hostNameBytesMax,
  httpPathBytesMax,
  probeTimeoutMsMax,
} from "../limits.js";

/** A probe spec as it came, nothing checked but the types. */
export type ProbeSpecInput = {
  readonly kind: string;
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly hostName: string;
  readonly httpPath: string;
  readonly expectPodUid: string;
};

/** A checked spec, or the first field that is wrong, by its name on the wire, with the values that are allowed. */
export type ProbeSpecCheck =
  | { readonly kind: "ok"; readonly spec: ProbeSpec }
  | { readonly kind: "error"; readonly field: string; readonly message: string };

/** Checks what came over the network before anything is sent anywhere. */
export const validateProbeSpec = (input: ProbeSpecInput): ProbeSpecCheck => {
  const { kind } = input;
  if (!isProbeKind(kind)) return wrong("kind", kind, `one of ${probeKinds.join(", ")}`);
  return (
    checkDestination(input, kind) ??
    checkTimeout(input) ??
    checkDetails(input, kind) ?? { kind: "ok", spec: { ...input, kind } }
  );
};

const checkDestination = (input: ProbeSpecInput, kind: ProbeKind): ProbeSpecCheck | undefined => {
  const { address, hostName, port } = input;
  if (hostName !== "") {
    if (kind !== "dns" && kind !== "tcp")
      return wrong("host_name", hostName, `empty for kind ${kind}`);
    if (!isHostName(hostName)) return wrong("host_name", hostName, hostNameForm);
    if (kind === "tcp" && address !== "")
      return wrong("address", address, "empty when host_name is set for kind tcp");
  } else if (kind === "dns") {
    return wrong("host_name", hostName, hostNameForm);
  }
  if (address === "" && hostName === "") return wrong("address", address, addressForm);
  if (address !== "" && !isAddress(address)) return wrong("address", address, addressForm);
  return checkPort(port, kind);
};

const checkPort = (port: number, kind: ProbeKind): ProbeSpecCheck | undefined => {
  if (kind === "icmp") return port === 0 ? undefined : wrong("port", port, "0 for kind icmp");
  const min = kind === "dns" ? 0 : 1;
  if (isWhole(port, min, 65_535)) return undefined;
  return wrong("port", port, kind === "dns" ? "0 (means 53) or 1 to 65535" : "1 to 65535");
};

const checkTimeout = ({ timeoutMs }: ProbeSpecInput): ProbeSpecCheck | undefined =>
  isWhole(timeoutMs, 1, probeTimeoutMsMax)
    ? undefined
    : wrong("timeout_ms", timeoutMs, `1 to ${probeTimeoutMsMax}`);

const checkDetails = (input: ProbeSpecInput, kind: ProbeKind): ProbeSpecCheck | undefined => {
  const { httpPath, expectPodUid } = input;
  if (httpPath !== "" && kind !== "http")
    return wrong("http_path", httpPath, `empty for kind ${kind}`);
  if (httpPath !== "" && !isHttpPath(httpPath)) return wrong("http_path", httpPath, httpPathForm);
  return isPodUid(expectPodUid)
    ? undefined
    : wrong(
        "expect_pod_uid",
        expectPodUid,
        `at most ${expectPodUidBytesMax} of a-z, A-Z, 0-9, -, _ and .`,
      );
};

const addressForm = "an IPv4 or IPv6 address, without a zone";
const hostNameForm = `a DNS name of at most ${hostNameBytesMax} characters, labels of 1 to 63 of a-z, A-Z, 0-9, - and _`;
const httpPathForm = `a path that starts with "/", at most ${httpPathBytesMax} printable ASCII characters without space and #`;

/** An address literal without a zone: zones name interfaces of one host. */
const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes("%");

const isHostName = (text: string): boolean =>
  text.length <= hostNameBytesMax &&
  /^[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)*\.?$/.test(
    text,
  );

const isHttpPath = (text: string): boolean =>
  text.length <= httpPathBytesMax && /^\/[\x21\x22\x24-\x7e]*$/.test(text);

const isPodUid = (text: string): boolean =>
  text.length <= expectPodUidBytesMax && /^[a-zA-Z0-9._-]*$/.test(text);

const isWhole = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

/** Quotes what came, shortened, with control characters escaped. */
const wrong = (field: string, value: string | number, allowed: string): ProbeSpecCheck => {
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : String(value);
  return { kind: "error", field, message: `${field} is ${shown}; allowed: ${allowed}` };
};
