const plain = /^[A-Za-z0-9_./:=@%+,-]+$/;

/** A word as a POSIX shell takes it for exactly this text: quoted where anything in it means something to a shell. */
export const shellWord = (text: string): string =>
  plain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
