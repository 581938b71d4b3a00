import { shellWord } from "../../fix/shell-word.js";

/** A command of words, each quoted where it must be. */
export const command = (...words: readonly string[]): string => words.map(shellWord).join(" ");

/** "kubectl -n NAMESPACE ...": cluster-scoped where the namespace is empty. */
export const kubectl = (namespace: string, ...words: readonly string[]): string =>
  namespace === "" ? command("kubectl", ...words) : command("kubectl", "-n", namespace, ...words);
