import type { DecideOptions } from "../../server/analyzer/policy/decide-pair.js";
import type { PolicyEndpoint } from "../../server/analyzer/policy/decision.js";
import type { ProfileName } from "../../server/analyzer/policy/profile.js";
import type { PolicyWorld } from "../../server/analyzer/policy-world.js";
import { parseIp } from "../../server/analyzer/sets/ip.js";
import { documents } from "./lint-manifests.js";
import { manifestWorld } from "./manifest-world.js";
import { reachText } from "./policy-rows.js";

/** How a question about a pair is asked. */
export type ReachOptions = DecideOptions & { readonly profile?: ProfileName };

/**
 * What the policies of manifests let "A => B" do: "TCP 80", and after a "?" what can't be told. Ends are "ns/pod",
 * "node/NAME" and addresses. Manifests with problems are an error, and so are two ways to ask that disagree.
 */
export const reachOf = (
  manifests: readonly string[],
  pair: string,
  { profile, ...options }: ReachOptions = {},
): string => {
  const world = manifestWorld(documents(...manifests), profile === undefined ? {} : { profile });
  const problems = world.view.problems.filter(({ severity }) => severity === "error");
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("; "));
  const [source = "", destination = ""] = pair.split(" => ");
  const ends = [endOf(world, source), endOf(world, destination)] as const;
  const { engine } = world;
  const decided = reachText(engine.decide(...ends, options));
  const reached = reachText(engine.reach(...ends));
  if (options.viaService !== true && decided !== reached) {
    throw new Error(`${pair}: decided ${decided}, reached ${reached}`);
  }
  return decided.replace(" ? No Connections", "");
};

/** The same for several pairs: what each may do, in order. */
export const reachesOf = (
  manifests: readonly string[],
  pairs: readonly string[],
  options: ReachOptions = {},
): readonly string[] => pairs.map((pair) => reachOf(manifests, pair, options));

const endOf = ({ model }: PolicyWorld, name: string): PolicyEndpoint => {
  const address = parseIp(name);
  if (address !== undefined) {
    const { family, value } = address;
    return { kind: "addresses", range: { family, first: value, last: value } };
  }
  const [namespace = "", own = ""] = name.split("/");
  const node = namespace === "node" ? model.node(own) : undefined;
  if (node !== undefined) return { kind: "node", node };
  const pod = model.pod(namespace, own);
  if (pod === undefined) throw new Error(`no pod ${name}`);
  return { kind: "pod", pod };
};
