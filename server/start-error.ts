/** Why a server cannot start, for its user. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** Exit code of the process. */
  readonly code: 1 | 2;

  constructor(message: string, code: 1 | 2, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Names the settings whose files cannot be used. */
export const orRefuse = async <T>(settings: string, open: () => Promise<T>): Promise<T> => {
  try {
    return await open();
  } catch (error) {
    throw new StartError(`${settings}: ${messageOf(error)}`, 2, { cause: error });
  }
};

/** Names the setting whose port cannot be had. */
export const orTaken = async <T>(
  {
    setting,
    host,
    port,
  }: { readonly setting: string; readonly host: string; readonly port: number },
  open: () => Promise<T>,
): Promise<T> => {
  try {
    return await open();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!Object.hasOwn(portProblems, code)) throw error;
    const problem = portProblems[code as keyof typeof portProblems];
    const why = `${setting}: cannot listen on ${host} port ${port}: ${problem} (${code})`;
    throw new StartError(why, 1, { cause: error });
  }
};

const portProblems = {
  EADDRINUSE: "it is taken",
  EADDRNOTAVAIL: "this host does not have the address",
  EACCES: "it needs more privileges",
  EAFNOSUPPORT: "this host does not have that kind of address",
} as const;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
