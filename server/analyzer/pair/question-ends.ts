import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import { resolveName } from "../resolve/resolve-name.js";
import type { ResolvedName } from "../resolve/resolved-name.js";
import { endpointsOf } from "../service/service-endpoints.js";
import { endInFamily } from "../service/service-families.js";
import { serviceTitle } from "../service/service-text.js";

/** One side of a question: what its name stands for, and the ends that policies are asked about. */
export type QuestionEnd = {
  readonly name: ResolvedName;
  /** Empty for a Service as destination, and where `name.reason` says why there are none. */
  readonly ends: readonly PolicyEndpoint[];
  /** A name outside: any address outside may be meant. */
  readonly isAnyAddress: boolean;
  readonly warnings: readonly string[];
};

/** The side that connects. A Service as such is the pods behind it. */
export const sourceEnd = (world: PolicyWorld, text: string): QuestionEnd => {
  const name = resolveName(world, text);
  const { service } = name;
  if (service === undefined) return plainEnd(world, name);
  const ends = new Map<string, PolicyEndpoint>();
  for (const { holder } of endpointsOf(world, service).endpoints) {
    if (holder.kind === "pod") {
      ends.set(`${holder.pod.namespace}/${holder.pod.name}`, { kind: "pod", pod: holder.pod });
    }
  }
  const title = serviceTitle(service);
  return {
    name: ends.size > 0 ? name : { ...name, reason: `${title} has no pods behind it` },
    ends: [...ends.values()],
    isAnyAddress: false,
    warnings: [...name.warnings, `a Service opens no connections: ${title} stands for its pods`],
  };
};

/** The side that is reached. */
export const destinationEnd = (world: PolicyWorld, text: string): QuestionEnd =>
  plainEnd(world, resolveName(world, text));

const plainEnd = (world: PolicyWorld, name: ResolvedName): QuestionEnd => {
  const isOutside = name.kind === "dns";
  const ends = isOutside
    ? outsideEnds(world)
    : name.endpoints.map((end) => endInFamily(end, name.address?.family));
  return { name, ends, isAnyAddress: isOutside, warnings: name.warnings };
};

/** Every address outside, in ranges that no policy tells apart. */
export const outsideEnds = ({ engine }: PolicyWorld): readonly PolicyEndpoint[] =>
  engine.externalRanges().map((range) => ({ kind: "addresses", range }));
