import type { PairQuestion } from "../pair/question.js";
import { type ProfileName, profileDefault } from "../policy/profile.js";
import type { PolicyWorld } from "../policy-world.js";
import type { AddedPolicy } from "./manifest-yaml.js";
import { shellWord } from "./shell-word.js";

/** Where the steps have the manifest. */
const manifestFile = "causeway-fix.yaml";

/**
 * The commands of a fix: save the manifest, apply it, see that it does what it should. What was read from
 * manifests is asked of them again, the fix among them.
 */
export const fixSteps = (
  question: Omit<PairQuestion, "explain">,
  { engine, inputs }: Pick<PolicyWorld, "engine" | "inputs">,
): readonly string[] => {
  const ask = (dirs: readonly string[]): string =>
    pairWords(question, dirs, engine.profile.name).map(shellWord).join(" ");
  return [
    `causeway policy fix ${ask(inputs)} -o yaml > ${manifestFile}`,
    `kubectl apply -f ${manifestFile}`,
    `causeway policy eval ${ask(inputs.length === 0 ? [] : [...inputs, manifestFile])}`,
  ];
};

const pairWords = (
  { source, destination, port, protocol }: Omit<PairQuestion, "explain">,
  dirs: readonly string[],
  profile: ProfileName,
): readonly string[] => [
  source,
  destination,
  ...dirs,
  ...(port === undefined || port === 0 ? [] : ["--port", `${port}`]),
  ...(protocol === undefined || protocol === "" ? [] : ["--protocol", protocol]),
  ...(profile === profileDefault ? [] : ["--profile", profile]),
];

/** The command that takes policies back. */
export const rollbackCommand = (policies: readonly AddedPolicy[]): string =>
  policies.map(deleteCommand).join(" && ");

const deleteCommand = ({ kind, namespace, name }: AddedPolicy): string =>
  ["kubectl", "delete", kind.toLowerCase(), ...(namespace === "" ? [] : ["-n", namespace]), name]
    .map(shellWord)
    .join(" ");
