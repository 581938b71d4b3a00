import type { IpBlock } from "../../analyzer/model/objects.js";
import { type IpRange, ipText, parseCidr, parseIp } from "../../analyzer/sets/ip.js";
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

/** Reads a CIDR on its own. */
export const networkOf = (field: Field): IpBlock | undefined => {
  const text = field.string();
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
  const base = parseIp(text.slice(0, text.indexOf("/")));
  if (base !== undefined && base.value !== range.first) {
    const network = `${ipText({ family: range.family, value: range.first })}${text.slice(text.indexOf("/"))}`;
    field.warning(`${text} has host bits set and means ${network}: write that`);
  }
  return range;
};

const isStrictlyWithin = (inner: IpRange, outer: IpRange): boolean =>
  inner.family === outer.family &&
  inner.first >= outer.first &&
  inner.last <= outer.last &&
  (inner.first !== outer.first || inner.last !== outer.last);
