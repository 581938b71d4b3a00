import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";

/** A certificate and its key, PEM. */
export type KeyPair = { readonly cert: string; readonly key: string };

const day = 86_400_000;

/** A new certificate authority. */
export const makeCa = async (name: string): Promise<KeyPair> => {
  const made = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private };
};

/** A certificate from a CA, for 127.0.0.1, ::1 and localhost, and with these URI names. */
export const makeCertificate = async (
  ca: KeyPair,
  {
    commonName,
    uris = [],
    expired = false,
  }: {
    readonly commonName: string;
    readonly uris?: readonly string[];
    readonly expired?: boolean;
  },
): Promise<KeyPair> => {
  const nowMs = Date.now();
  const made = await generate([{ name: "commonName", value: commonName }], {
    keyType: "ec",
    algorithm: "sha256",
    ca,
    notBeforeDate: new Date(nowMs - 2 * day),
    notAfterDate: new Date(expired ? nowMs - day : nowMs + day),
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
          { type: 7, ip: "::1" },
          ...uris.map((value) => ({ type: 6 as const, value })),
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
};

/** A folder of files of a test's own. */
export type TestFiles = {
  /** Writes or replaces a file, at once as a rename is; returns its path. */
  write(name: string, content: string): Promise<string>;
  remove(): Promise<void>;
};

/** Makes one; remove it after the test. */
export const createTestFiles = async (): Promise<TestFiles> => {
  const folder = await mkdtemp(join(tmpdir(), "causeway-test-"));
  return {
    write: async (name, content) => {
      const path = join(folder, name);
      await writeFile(`${path}.new`, content);
      await rename(`${path}.new`, path);
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};
