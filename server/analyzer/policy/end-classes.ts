import type { PodObject } from "../model/objects.js";
import type { EndSigner } from "./end-signature.js";
import { type EndSources, endOfEndpoint, isListed, type PolicyEnd } from "./policy-end.js";
import { partsOf, type Refinement } from "./refinement.js";

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
  /** Classes by signature, apart for each namespace; hosts are in "". */
  readonly #byKey = new Map<string, Map<string, MutableClass>>();
  /** Buckets whose signatures are those of the terms before. */
  readonly #stale = new Set<string>();
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
    if (!isListed(pod, this.#sources.profile)) return;
    const end = endOfEndpoint({ kind: "pod", pod }, this.#sources);
    const bucket = this.#bucketOf(end);
    const key = this.#signer.keyOf(end);
    const found = bucket.get(key);
    if (found !== undefined && found.members.size === 0) this.#deadCount--;
    const of = found ?? this.#add(end);
    if (found === undefined) bucket.set(key, of);
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
      if (one.members.size > 1) this.#split(one, refinement);
      if (refinement.portNames.size > 0) one.portProfile = this.#portProfileOf(one.end);
    }
    for (const name of this.#byKey.keys()) this.#stale.add(name);
  }

  /** The largest part keeps the class. */
  #split(one: MutableClass, refinement: Refinement): void {
    const parts = partsOf(one.members, refinement);
    if (parts === undefined) return;
    const [, ...rest] = [...parts].sort((a, b) => b.length - a.length);
    for (const part of rest) {
      const to = this.#add((part[0] as Member).end);
      for (const member of part) {
        one.members.delete(member);
        to.members.add(member);
        member.of = to;
      }
    }
    this.#chooseEnd(one);
  }

  #add(end: PolicyEnd): MutableClass {
    const added: MutableClass = {
      id: this.#classes.length,
      end,
      members: new Set(),
      portProfile: this.#portProfileOf(end),
    };
    this.#classes.push(added);
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

  #bucketOf(end: PolicyEnd): Map<string, MutableClass> {
    const name = bucketName(end);
    const known = this.#byKey.get(name);
    if (known !== undefined && !this.#stale.delete(name)) return known;
    const bucket = new Map<string, MutableClass>();
    this.#byKey.set(name, bucket);
    if (known === undefined) return bucket;
    // Empty classes get no signature: nobody could say by what terms they were made.
    for (const one of this.#classes) {
      if (one.members.size > 0 && bucketName(one.end) === name) {
        bucket.set(this.#signer.keyOf(one.end), one);
      }
    }
    return bucket;
  }
}

const bucketName = ({ kind, pod }: PolicyEnd): string =>
  kind === "pod" ? (pod?.namespace ?? "") : "";
