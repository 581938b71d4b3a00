import type { Fault, Faults, FieldPath } from "./faults.js";
import { none } from "./given.js";
import { isRecord, kindText, orText, shortText } from "./value-text.js";

const noTexts: Readonly<Record<string, string>> = Object.freeze({});

/**
 * A place in an object that is being read. Null counts as absent, as in Go. Reading a value of another type than the
 * asked one is an error at that place and reads as absent.
 */
export class Field {
  readonly value: unknown;
  readonly faults: Faults;
  readonly #parent: Field | undefined;
  readonly #key: string | number;

  constructor(value: unknown, faults: Faults, parent?: Field, key: string | number = "") {
    this.value = value;
    this.faults = faults;
    this.#parent = parent;
    this.#key = key;
  }

  /** Whether there is a value. */
  get present(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** Where this is in the object. */
  get path(): FieldPath {
    return this.#parent === undefined ? [] : [...this.#parent.path, this.#key];
  }

  /** A field of a map; absent in anything else. */
  field(key: string): Field {
    return new Field(this.valueAt(key), this.faults, this, key);
  }

  /** The value of a field as it stands. */
  valueAt(key: string): unknown {
    const { value } = this;
    return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }

  /** field(key).text(), without the way there when there is nothing or a text: most fields of most objects. */
  textAt(key: string): string | undefined {
    const value = this.valueAt(key);
    if (value === undefined || value === null || value === "") return undefined;
    return typeof value === "string" ? value : this.field(key).text();
  }

  /** field(key).items(), without the way there when there is nothing. */
  itemsAt(key: string): readonly Field[] {
    const value = this.valueAt(key);
    return value === undefined || value === null ? none : this.field(key).items();
  }

  /** The fields that a map has, null ones left out. */
  keys(): readonly string[] {
    const map = this.record();
    return map === undefined
      ? []
      : Object.keys(map).filter((key) => map[key] !== null && map[key] !== undefined);
  }

  /** The entries of a list; none when absent. */
  items(): readonly Field[] {
    if (!this.present) return none;
    if (!Array.isArray(this.value)) {
      this.error(`must be a list, not ${kindText(this.value)}`);
      return none;
    }
    return this.value.map((item, index) => new Field(item, this.faults, this, index));
  }

  /** The map itself. */
  record(): Readonly<Record<string, unknown>> | undefined {
    if (!this.present) return undefined;
    if (isRecord(this.value)) return this.value;
    this.error(`must be a map, not ${kindText(this.value)}`);
    return undefined;
  }

  /** A text. Numbers and booleans are none: YAML reads 1.10, yes and on as such unless they are quoted. */
  string(): string | undefined {
    if (!this.present) return undefined;
    if (typeof this.value === "string") return this.value;
    const quote = typeof this.value === "object" ? "" : ": quote it";
    this.error(`must be a string, not ${kindText(this.value)}${quote}`);
    return undefined;
  }

  /** A text that is not empty. */
  text(): string | undefined {
    const text = this.string();
    return text === "" ? undefined : text;
  }

  /** A whole number. */
  integer(): number | undefined {
    if (!this.present) return undefined;
    if (Number.isSafeInteger(this.value)) return this.value as number;
    const quoted = typeof this.value === "string" && /^-?\d+$/.test(this.value);
    this.error(
      `must be a whole number, not ${kindText(this.value)}${quoted ? ": write it without quotes" : ""}`,
    );
    return undefined;
  }

  /** True or false. */
  boolean(): boolean | undefined {
    if (!this.present) return undefined;
    if (typeof this.value === "boolean") return this.value;
    this.error(`must be true or false, not ${kindText(this.value)}`);
    return undefined;
  }

  /** One of some words. */
  word<T extends string>(words: readonly T[]): T | undefined {
    const text = this.string();
    if (text === undefined) return undefined;
    const word = words.find((known) => known === text);
    if (word === undefined) {
      const near = words.find((known) => known.toLowerCase() === text.toLowerCase());
      this.error(
        `${shortText(text)} is not supported: ${near === undefined ? `use ${orText(words)}` : `write ${near}`}`,
      );
    }
    return word;
  }

  /** Texts of a list. */
  strings(): readonly string[] {
    return this.items().flatMap((item) => {
      const text = item.string();
      return text === undefined ? [] : [text];
    });
  }

  /** A map of texts; the map itself when it is one. */
  stringMap(): Readonly<Record<string, string>> {
    const map = this.record();
    if (map === undefined) return noTexts;
    for (const key in map) {
      if (typeof map[key] !== "string") return this.#textsOf(map);
    }
    return map as Readonly<Record<string, string>>;
  }

  #textsOf(map: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
    const entries = Object.entries(map).flatMap(([key, value]): readonly [string, string][] => {
      // A null value is the empty text, as Go reads it.
      const text = value === null ? "" : this.field(key).string();
      return text === undefined ? [] : [[key, text]];
    });
    return Object.fromEntries(entries);
  }

  /** Reports that the API server refuses the object because of this field. */
  error(message: string, code: Fault["code"] = "invalid"): void {
    this.faults.add({ severity: "error", code, path: this.path, message });
  }

  /**
   * Reports that the API server would refuse the object because of this field although it can be read: people's input
   * has such faults in places that policies do not depend on. The object is used.
   */
  tolerate(message: string): void {
    this.warning(`${message}; the API server would refuse this`);
  }

  /** Reports something that people should know; the object is used. */
  warning(message: string, code: Fault["code"] = "invalid"): void {
    this.faults.add({ severity: "warning", code, path: this.path, message });
  }
}
