import type { ModelView } from "../analyzer/answers.js";
import { createWorld } from "../analyzer/create-world.js";
import { ClusterModel } from "../analyzer/model/cluster-model.js";
import type { ProfileName } from "../analyzer/policy/profile.js";
import type { PolicyWorld } from "../analyzer/policy-world.js";
import type { LoadedManifests } from "../kube/manifests/parse-manifests.js";
import { policyWorldsMax } from "./limits.js";

/** One model and the worlds made of it: policies are compiled once for each profile that is asked for. */
export class WorldShelf {
  /** Tells this model from every other, also over pages of a list. */
  readonly revision: string;
  readonly #model: ClusterModel;
  readonly #loaded: LoadedManifests;
  readonly #worlds = new Map<ProfileName, PolicyWorld>();

  constructor(loaded: LoadedManifests, revision: string) {
    this.revision = revision;
    this.#loaded = loaded;
    this.#model = new ClusterModel(loaded.objects);
  }

  /** The world of a profile; of those that are kept, the one that was used least recently goes. */
  world(profile: ProfileName): PolicyWorld {
    const kept = this.#worlds.get(profile);
    const { locate, problems } = this.#loaded;
    const world = kept ?? createWorld({ model: this.#model, profile, locate, problems });
    this.#worlds.delete(profile);
    this.#worlds.set(profile, world);
    for (const oldest of this.#worlds.keys()) {
      if (this.#worlds.size <= policyWorldsMax) break;
      this.#worlds.delete(oldest);
    }
    return world;
  }

  /** What it holds, by any profile. */
  view(): ModelView {
    const [world] = this.#worlds.values();
    return (world ?? this.world("upstream")).view;
  }
}
