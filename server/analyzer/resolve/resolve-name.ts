import { assertNever } from "../../../common/assert.js";
import type { PolicyWorld } from "../policy-world.js";
import { resolveDnsName } from "./dns-name.js";
import { notFound } from "./name-errors.js";
import { parseName } from "./parse-name.js";
import { resolveAddress, resolveNode, resolveRange } from "./resolve-address.js";
import { resolvedPod, resolvePodOrWorkload, resolveWorkload } from "./resolve-pod.js";
import { resolvedService, resolveService } from "./resolve-service.js";
import { blankView, type ResolvedName } from "./resolved-name.js";

/** What names are looked up in. */
type World = Pick<PolicyWorld, "model" | "engine">;

/**
 * What a name stands for. A bare "ns/name" that is no pod may be a workload when exactly one kind has it; "name.ns" is
 * understood where no pod is called so. Throws QuestionError: `invalid` for a malformed or ambiguous name, `not-found`
 * with near misses for what the model lacks.
 */
export const resolveName = (world: World, text: string): ResolvedName => {
  const ref = parseName(text);
  const { model } = world;
  switch (ref.kind) {
    case "address":
      return resolveAddress(world, ref.address);
    case "range":
      return resolveRange(world, ref.range, text.trim());
    case "service":
      return resolveService(model, ref);
    case "node":
      return resolveNode(model, ref.name);
    case "dns":
      return resolveDns(world, ref.name);
    case "workload":
      return resolveWorkload(model, ref, ref.workloadKind);
    case "pod":
      return resolvePodOrWorkload(model, ref);
    default:
      return assertNever(ref);
  }
};

const resolveDns = ({ model }: World, name: string): ResolvedName => {
  const found = resolveDnsName(model, name);
  switch (found.kind) {
    case "service":
      return resolvedService(found.service, { byName: true, warnings: found.warnings });
    case "pod":
      return { ...resolvedPod(model, found.pod, found.warnings), byName: true };
    case "missing":
      throw notFound(model, found.message, { kind: "service", ...found.place });
    case "outside":
      return {
        view: { ...blankView, name: `dns/${name}`, kind: "dns" },
        kind: "dns",
        endpoints: [],
        byName: true,
        reason: `${name} is a name outside the cluster: objects don't say which addresses it has`,
        warnings: [],
      };
    default:
      return assertNever(found);
  }
};
