import { setTimeout as delay } from "node:timers/promises";
import type { ProblemView } from "../analyzer/answers.js";
import type { ProfileName } from "../analyzer/policy/profile.js";
import type { PolicyWorld } from "../analyzer/policy-world.js";
import type { LoadedManifests } from "../kube/manifests/parse-manifests.js";
import { readManifests } from "../kube/manifests/read-manifests.js";
import { type FileTree, lookAtTree } from "./file-tree.js";
import { policyLoadTriesMax, policyQuietMs } from "./limits.js";
import { RefusedError } from "./refused.js";
import type { LoadReport } from "./worker-messages.js";
import { WorldShelf } from "./world-shelf.js";

type Wanted = { readonly path: string; readonly revision: string };

/** The model of a folder of manifests, as it was when it could last be read. */
export class LiveWorld {
  readonly #nowMs: () => number;
  readonly #read: typeof readManifests;
  #shelf: WorldShelf | undefined;
  #signature = "";
  #checkedAtMs = 0;
  /** Why the files can't be read now; undefined when they can. */
  #trouble: ProblemView | undefined;

  /** `nowMs` never goes back. */
  constructor(nowMs: () => number, read: typeof readManifests = readManifests) {
    this.#nowMs = nowMs;
    this.#read = read;
  }

  /** The model; undefined before its first load. */
  get shelf(): WorldShelf | undefined {
    return this.#shelf;
  }

  /** Brings the model up to what the files say; keeps it where they can't be read. */
  async load({ path, revision }: Wanted): Promise<LoadReport> {
    const startedAtMs = this.#nowMs();
    const before = lookAtTree(path);
    if (before.kind === "unreadable") return this.#unreadable(path, before);
    const { folders } = before;
    if (before.signature === this.#signature) {
      this.#fresh(startedAtMs);
      return { folders, outcome: { kind: "unchanged" } };
    }
    const read = await this.#readSettled(path, before);
    if (read.kind === "unreadable") return this.#unreadable(path, read);
    const shelf = new WorldShelf(read.loaded, revision);
    this.#shelf = shelf;
    this.#signature = read.signature;
    this.#fresh(startedAtMs);
    const tookMs = this.#nowMs() - startedAtMs;
    return { folders, outcome: { kind: "changed", model: shelf.view(), tookMs } };
  }

  /** The world of a profile, with its age. Throws RefusedError when nothing was ever loaded. */
  world(profile: ProfileName): PolicyWorld {
    if (this.#shelf === undefined) {
      const why = this.#trouble?.message ?? "they were not read yet; ask again";
      throw new RefusedError("no-model", `there is no model of CAUSEWAY_MANIFESTS: ${why}`);
    }
    const world = this.#shelf.world(profile);
    const trouble = this.#trouble === undefined ? [] : [this.#trouble];
    const view = {
      ...world.view,
      problems: [...trouble, ...world.view.problems],
      ageS: Math.floor((this.#nowMs() - this.#checkedAtMs) / 1000),
    };
    return { ...world, view };
  }

  #fresh(atMs: number): void {
    this.#checkedAtMs = atMs;
    this.#trouble = undefined;
  }

  #unreadable(path: string, { reason, folders }: Unreadable): LoadReport {
    const isKept = this.#shelf !== undefined;
    this.#trouble = {
      severity: "warning",
      code: "unreadable",
      message: isKept
        ? `can't be read now (${reason}): the model is as it was when it could`
        : `${path} can't be read: ${reason}`,
      file: path,
      line: 0,
      column: 0,
      object: "",
    };
    return { folders, outcome: { kind: "unreadable", reason } };
  }

  /**
   * Reads the files until they are the same before and after, a few times at most: a checkout may be under way. The signature
   * is that from before, so that the next look reads them once more where they have changed since.
   */
  async #readSettled(path: string, seen: Seen): Promise<Read> {
    let { signature } = seen;
    for (let tries = 1; ; tries++) {
      const loaded = await this.#read([path]);
      const after = lookAtTree(path);
      if (after.kind === "unreadable") return after;
      const isSettled = after.signature === signature;
      if (isSettled || tries >= policyLoadTriesMax) return { kind: "read", loaded, signature };
      signature = after.signature;
      await delay(policyQuietMs);
    }
  }
}

type Seen = Extract<FileTree, { kind: "seen" }>;

type Unreadable = Extract<FileTree, { kind: "unreadable" }>;

type Read =
  | { readonly kind: "read"; readonly loaded: LoadedManifests; readonly signature: string }
  | Unreadable;
