import type { NodeObject, PodObject, ServiceObject } from "../model/objects.js";
import { type IpAddress, parseCidr, parseIp } from "../sets/ip.js";
import { type IpSet, intersectIps, ipSetOf } from "../sets/ip-set.js";
import { compareNames } from "./compare-names.js";
import type { LintContext } from "./lint-context.js";

/** Things with addresses, to be found by range. */
class AddressList<T> {
  readonly #entries: readonly { readonly address: IpAddress; readonly holder: T }[];

  constructor(holders: Iterable<T>, ipsOf: (holder: T) => readonly string[]) {
    const entries = [...holders].flatMap((holder) =>
      ipsOf(holder).flatMap((text) => {
        const address = parseIp(text);
        return address === undefined ? [] : [{ address, holder }];
      }),
    );
    this.#entries = entries.sort((one, other) => compareAddresses(one.address, other.address));
  }

  /** How many addresses lie in a set. */
  countIn(set: IpSet): number {
    return set.reduce((count, range) => count + this.#last(range) - this.#first(range), 0);
  }

  /** The first holder of an address in a set. */
  firstIn(set: IpSet): T | undefined {
    for (const range of set) {
      const first = this.#first(range);
      if (first < this.#last(range)) return this.#entries[first]?.holder;
    }
    return undefined;
  }

  #first({ family, first }: IpSet[number]): number {
    return this.#below({ family, value: first });
  }

  #last({ family, last }: IpSet[number]): number {
    return this.#below({ family, value: last + 1n });
  }

  /** How many entries are below an address. */
  #below(address: IpAddress): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle]?.address as IpAddress;
      if (compareAddresses(entry, address) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const compareAddresses = (one: IpAddress, other: IpAddress): number =>
  one.family - other.family || (one.value < other.value ? -1 : one.value > other.value ? 1 : 0);

/** Whose addresses lie in a block. */
export type AddressBook = {
  readonly pods: AddressList<PodObject>;
  readonly services: AddressList<ServiceObject>;
  readonly nodes: AddressList<NodeObject>;
  /** The ranges that nodes give to their pods. */
  readonly podRanges: IpSet;
};

const found = new WeakMap<LintContext, AddressBook>();

/** The addresses that the model knows. */
export const addressBookOf = (context: LintContext): AddressBook => {
  const known = found.get(context) ?? bookOf(context);
  found.set(context, known);
  return known;
};

const bookOf = ({ model, groups }: LintContext): AddressBook => ({
  pods: new AddressList(
    groups.flatMap(({ pods }) => pods),
    ({ ips }) => ips,
  ),
  services: new AddressList([...model.services].sort(compareNames), ({ clusterIps }) => clusterIps),
  nodes: new AddressList([...model.nodes].sort(compareNames), ({ ips }) => ips),
  podRanges: ipSetOf(
    [...model.nodes].flatMap(({ podCidrs }) => podCidrs.flatMap((cidr) => parseCidr(cidr) ?? [])),
  ),
});

/** Whether a set holds addresses that nodes give to pods. */
export const holdsPodRange = ({ podRanges }: AddressBook, set: IpSet): boolean =>
  intersectIps(podRanges, set).length > 0;
