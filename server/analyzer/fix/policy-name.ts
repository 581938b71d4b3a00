import type { ConnectionSet } from "../sets/connections.js";
import { protocols } from "../sets/connections.js";
import type { Draft } from "./fix-drafts.js";
import { FixRefusal } from "./fix-refusal.js";
import { fixNameCharsMax, fixNamesTriedMax } from "./limits.js";

/**
 * A name for a draft that is not taken: "allow-db-from-web-5432", "allow-web-to-db-5432", with a number behind where there
 * is such a policy.
 */
export const freeName = (draft: Draft, isTaken: (name: string) => boolean): string => {
  const base = baseName(draft);
  for (let number = 1; number <= fixNamesTriedMax; number++) {
    const suffix = number === 1 ? "" : `-${number}`;
    const name = `${base.slice(0, fixNameCharsMax - suffix.length).replace(/-+$/, "")}${suffix}`;
    if (!isTaken(name)) return name;
  }
  throw new FixRefusal(
    `${fixNamesTriedMax} policies are called ${base} and alike: remove those that are not needed`,
  );
};

const baseName = ({ direction, names, rules }: Draft): string => {
  const word = direction === "ingress" ? "from" : "to";
  const port = rules.length === 1 ? solePort(rules[0]?.connections) : undefined;
  const parts = [
    "allow",
    names.subject,
    word,
    names.peer,
    ...(port === undefined ? [] : [`${port}`]),
  ];
  const name = parts
    .join("-")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  return name.replace(/-+$/, "");
};

const solePort = (set: ConnectionSet | undefined): number | undefined => {
  const ports = protocols.flatMap((protocol) => set?.[protocol] ?? []);
  const [first, last] = ports;
  return ports.length === 2 && first === last ? first : undefined;
};
