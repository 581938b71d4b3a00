import type { PairQuestion } from "../pair/question.js";
import { type ProfileName, profileDefault } from "../policy/profile.js";
import type { AddedPolicy } from "./manifest-yaml.js";
import { shellWord } from "./shell-word.js";

/** Where the steps have the manifest. */
const manifestFile = "causeway-fix.yaml";

/** The commands of a fix: save the manifest, apply it, see that it does what it should, and how to take it back. */
export const fixSteps = (
  { source, destination, port, protocol }: Omit<PairQuestion, "explain">,
  policies: readonly AddedPolicy[],
  profile: ProfileName,
): readonly string[] => {
  const pair = [
    [source, destination],
    port === undefined || port === 0 ? [] : ["--port", `${port}`],
    protocol === undefined || protocol === "" ? [] : ["--protocol", protocol],
    profile === profileDefault ? [] : ["--profile", profile],
  ]
    .flat()
    .map(shellWord)
    .join(" ");
  return [
    `causeway policy fix ${pair} -o yaml > ${manifestFile}`,
    `kubectl apply -f ${manifestFile}`,
    `causeway policy eval ${pair}`,
    ...policies.map(deleteCommand),
  ];
};

const deleteCommand = ({ kind, namespace, name }: AddedPolicy): string =>
  ["kubectl", "delete", kind.toLowerCase(), ...(namespace === "" ? [] : ["-n", namespace]), name]
    .map(shellWord)
    .join(" ");
