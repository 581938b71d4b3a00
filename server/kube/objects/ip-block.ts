import type { IpBlock } from "../../analyzer/model/objects.js";
import { cidrText, type IpRange, isMappedIp, parseCidr, parseIp } from "../../analyzer/sets/ip.js";
import type { Field } from "./field.js";
import { warnUnknownFields } from "./unknown-fields.js";

/** Reads a NetworkPolicy ipBlock. Each exception must be a strict subset of the block (networking validation). */
export const ipBlockOf = (field: Field): IpBlock | undefined => {
  if (field.record() === undefined) return undefined;
  warnUnknownFields(field, ["cidr", "except"]);
  const cidr = field.field("cidr");
  const text = cidr.text();
  if (text === undefined) {
    if (!cidr.present || cidr.value === "")
      cidr.error("is required: write a CIDR such as 10.0.0.0/8");
    return undefined;
  }
  const range = cidrOf(cidr, text);
  const except: IpRange[] = [];
  const exceptTexts: string[] = [];
  for (const item of field.field("except").items()) {
    const hole = item.string();
    const holeRange = hole === undefined ? undefined : cidrOf(item, hole);
    if (hole === undefined || holeRange === undefined || range === undefined) continue;
    if (!isStrictlyWithin(holeRange, range)) {
      item.error(`${hole} must be a strict subset of cidr ${text}: name a smaller block inside it`);
    }
    except.push(holeRange);
    exceptTexts.push(hole);
  }
  return range === undefined ? undefined : { text, range, except, exceptTexts };
};

/** Reads a CIDR of an ordered policy. */
export const networkOf = (field: Field): IpBlock | undefined => {
  const text = field.string();
  if (text?.includes(":") && text.includes(".")) {
    field.error(
      `"${text.slice(0, 80)}" has an IPv4 address within an IPv6 address: write one or the other`,
    );
    return undefined;
  }
  const range = text === undefined ? undefined : cidrOf(field, text);
  return text === undefined || range === undefined
    ? undefined
    : { text, range, except: [], exceptTexts: [] };
};

const cidrOf = (field: Field, text: string): IpRange | undefined => {
  const range = parseCidr(text);
  if (range === undefined) {
    const address = parseIp(text);
    field.error(
      address === undefined
        ? `"${text.slice(0, 80)}" is not a CIDR such as 10.0.0.0/8 or fd00::/8`
        : `"${text}" is an address, not a CIDR: write ${text}/${address.family === 4 ? 32 : 128}`,
    );
    return undefined;
  }
  const base = text.slice(0, text.indexOf("/"));
  if (isMappedIp(base)) {
    const held = range.family === 4 ? "" : ", which holds no IPv4 address";
    field.warning(
      `${text} has an IPv4-mapped address and means ${cidrText(range)}${held}: write what is meant, newer API servers refuse it and network plugins differ`,
    );
  } else if (parseIp(base)?.value !== range.first) {
    field.warning(`${text} has host bits set and means ${cidrText(range)}: write that`);
  }
  return range;
};

const isStrictlyWithin = (inner: IpRange, outer: IpRange): boolean =>
  inner.family === outer.family &&
  inner.first >= outer.first &&
  inner.last <= outer.last &&
  (inner.first !== outer.first || inner.last !== outer.last);
