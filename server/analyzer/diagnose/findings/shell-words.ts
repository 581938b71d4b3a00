const plain = /^[A-Za-z0-9_./:=@%+,-]+$/;

/** A word as a POSIX shell takes it for exactly this text, whatever is in it. */
export const shellWord = (text: string): string =>
  plain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** A command of words, each quoted where it must be. */
export const command = (...words: readonly string[]): string => words.map(shellWord).join(" ");

/** "kubectl -n NAMESPACE ...": cluster-scoped where the namespace is empty. */
export const kubectl = (namespace: string, ...words: readonly string[]): string =>
  namespace === "" ? command("kubectl", ...words) : command("kubectl", "-n", namespace, ...words);
