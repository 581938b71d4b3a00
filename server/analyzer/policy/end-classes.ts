import { isFinished } from "../model/cluster-model.js";
import type { PodObject } from "../model/objects.js";
import type { EndSigner } from "./end-signature.js";
import { type EndSources, endOfEndpoint, type PolicyEnd } from "./policy-end.js";

/** Pods that no policy tells apart, in either direction. */
export type EndClass = {
  /** Its position in the list of classes; never used again for another. */
  readonly id: number;
  /** Any of its members: what policies say of it they say of all. */
  readonly end: PolicyEnd;
  /** The living pods in it. */
  readonly members: ReadonlySet<ClassMember>;
  /** Equal for classes on which every port name of a policy stands for the same ports. */
  readonly portProfile: number;
};

/** A pod in its class. */
export type ClassMember = { readonly pod: PodObject; readonly end: PolicyEnd };

type MutableClass = {
  readonly id: number;
  readonly members: Set<Member>;
  end: PolicyEnd;
  portProfile: number;
};

type Member = ClassMember & { of: MutableClass };

/** Which of the terms of policies have grown, so that pods of one class may differ now. */
export type Refinement = {
  readonly podKeys: ReadonlySet<string>;
  readonly nodeKeys: ReadonlySet<string>;
  readonly portNames: ReadonlySet<string>;
  readonly addresses: boolean;
};

/**
 * The classes of the living pods of a model. Classes are only ever added: a change moves pods between them, and leaves
 * empty ones behind.
 */
export class EndClasses {
  readonly #sources: EndSources;
  readonly #signer: EndSigner;
  readonly #classes: MutableClass[] = [];
  readonly #members = new Map<string, Member>();
  readonly #portProfiles = new Map<string, number>();
  #byKey = new Map<string, MutableClass>();
  #areKeysStale = false;
  #deadCount = 0;

  constructor(sources: EndSources, signer: EndSigner) {
    this.#sources = sources;
    this.#signer = signer;
    for (const pod of sources.model.pods) this.put(pod);
  }

  /** Every class there ever was, by id. */
  get all(): readonly EndClass[] {
    return this.#classes;
  }

  /** How many classes have no pod any more. */
  get deadCount(): number {
    return this.#deadCount;
  }

  /** The class of a living pod; undefined for a pod that has ended or that the model lacks. */
  of({ namespace, name }: Pick<PodObject, "namespace" | "name">): EndClass | undefined {
    return this.#members.get(`${namespace}/${name}`)?.of;
  }

  /** The living pods, each with its end. */
  members(): Iterable<ClassMember> {
    return this.#members.values();
  }

  /** Takes a pod in, in the state that the model has it in now. */
  put(pod: PodObject): void {
    this.drop(pod);
    if (isFinished(pod)) return;
    const end = endOfEndpoint({ kind: "pod", pod }, this.#sources);
    const key = this.#signer.keyOf(end);
    if (this.#areKeysStale) this.#renewKeys();
    const found = this.#byKey.get(key);
    if (found !== undefined && found.members.size === 0) this.#deadCount--;
    const of = found ?? this.#add(key, end);
    const member = { pod, end, of };
    of.members.add(member);
    // An empty class may have kept an end that newer terms would put elsewhere.
    if (of.members.size === 1) of.end = end;
    this.#members.set(`${pod.namespace}/${pod.name}`, member);
  }

  /** Takes a pod out. */
  drop({ namespace, name }: Pick<PodObject, "namespace" | "name">): void {
    const member = this.#members.get(`${namespace}/${name}`);
    if (member === undefined) return;
    this.#members.delete(`${namespace}/${name}`);
    this.#leave(member);
  }

  /** Takes in again every pod whose end a test concerns: what it is made of has changed. */
  renew(concerns: (member: ClassMember) => boolean): void {
    for (const member of [...this.#members.values()]) if (concerns(member)) this.put(member.pod);
  }

  /** Splits the classes whose pods differ in terms that have come up. */
  refine(refinement: Refinement): void {
    const newest = this.#classes.length;
    for (let id = 0; id < newest; id++) {
      const one = this.#classes[id] as MutableClass;
      if (one.members.size === 0) continue;
      if (refinement.portNames.size > 0) one.portProfile = this.#portProfileOf(one.end);
      if (one.members.size > 1) this.#split(one, refinement);
    }
    this.#areKeysStale = true;
  }

  /** The largest part keeps the class. */
  #split(one: MutableClass, refinement: Refinement): void {
    const keyOf = differenceKey(refinement, this.#signer);
    const parts = new Map<string, Member[]>();
    for (const member of one.members) {
      const key = keyOf(member);
      const part = parts.get(key);
      if (part === undefined) parts.set(key, [member]);
      else part.push(member);
    }
    if (parts.size === 1) return;
    const [, ...rest] = [...parts.values()].sort((a, b) => b.length - a.length);
    for (const part of rest) {
      const [first] = part as [Member];
      const to = this.#add(undefined, first.end);
      for (const member of part) {
        one.members.delete(member);
        to.members.add(member);
        member.of = to;
      }
    }
    this.#chooseEnd(one);
    if (refinement.portNames.size > 0) one.portProfile = this.#portProfileOf(one.end);
  }

  #add(key: string | undefined, end: PolicyEnd): MutableClass {
    const added: MutableClass = {
      id: this.#classes.length,
      end,
      members: new Set(),
      portProfile: this.#portProfileOf(end),
    };
    this.#classes.push(added);
    if (key !== undefined) this.#byKey.set(key, added);
    return added;
  }

  #leave(member: Member): void {
    const { of } = member;
    of.members.delete(member);
    if (of.members.size === 0) this.#deadCount++;
    else if (of.end === member.end) this.#chooseEnd(of);
  }

  #chooseEnd(one: MutableClass): void {
    for (const { end } of one.members) {
      one.end = end;
      return;
    }
  }

  #portProfileOf(end: PolicyEnd): number {
    const key = this.#signer.portKeyOf(end);
    let profile = this.#portProfiles.get(key);
    if (profile === undefined) {
      profile = this.#portProfiles.size;
      this.#portProfiles.set(key, profile);
    }
    return profile;
  }

  /** Empty classes get no key: nobody could say what terms they were made by. */
  #renewKeys(): void {
    this.#byKey = new Map();
    for (const one of this.#classes) {
      if (one.members.size > 0) this.#byKey.set(this.#signer.keyOf(one.end), one);
    }
    this.#areKeysStale = false;
  }
}

/** What of a pod counts for a refinement. */
const differenceKey =
  (refinement: Refinement, signer: EndSigner): ((member: ClassMember) => string) =>
  (member) => {
    const own =
      member.end.kind === "pod"
        ? podKey(member, refinement, signer)
        : refinement.nodeKeys.size > 0
          ? signer.nodeKeyOf(member.end)
          : "";
    return refinement.addresses ? `${own}\n${signer.addressKeyOf(member.end)}` : own;
  };

const podKey = (
  { pod, end }: ClassMember,
  { podKeys, portNames }: Refinement,
  signer: EndSigner,
): string => {
  let key = portNames.size > 0 ? signer.portKeyOf(end) : "";
  for (const name of podKeys) {
    if (Object.hasOwn(pod.labels, name)) key += JSON.stringify([name, pod.labels[name]]);
  }
  return key;
};
