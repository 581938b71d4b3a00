import type { ProblemView } from "../../analyzer/answers.js";
import type { ClusterObject } from "../../analyzer/model/objects.js";
import type { Locate } from "../../analyzer/policy-world.js";
import { type LoadBounds, ManifestLoad } from "./manifest-load.js";

/** A text with manifests; `file` is its path as the user gave it, "-" for standard input. */
export type ManifestSource = { readonly file: string; readonly text: string };

/** What manifests hold. */
export type LoadedManifests = {
  /** In order of files and documents; of two with one identity the last. Pods made from workloads come last. */
  readonly objects: readonly ClusterObject[];
  /** By file and line. */
  readonly problems: readonly ProblemView[];
  /** Where the objects stand. It holds the texts. */
  readonly locate: Locate;
  /** Files, documents and objects that were left out because something is wrong with them. */
  readonly unreadable: number;
};

/**
 * Reads Kubernetes objects from texts of YAML and JSON: several documents in a text, Lists, dumps of kubectl. What can't be
 * read is told as a problem, and the rest is there all the same. Never throws on bad input.
 */
export const parseManifests = (
  sources: readonly ManifestSource[],
  bounds?: LoadBounds,
): LoadedManifests => {
  const load = new ManifestLoad(bounds);
  for (const source of sources) load.add(source);
  return load.finish();
};
