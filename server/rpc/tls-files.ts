import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { Logger } from "../../common/logger.js";
import { type WatchedFiles, watchFiles } from "./watched-files.js";

/** What a TLS listener serves with, in PEM. Fits `tls.createServer` and `setSecureContext`. */
export type TlsMaterial = {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Who signs client certificates; absent when none are asked for. */
  readonly ca?: Buffer;
};

/** Where a listener's TLS files are. */
export type TlsPaths = {
  readonly certPath: string;
  readonly keyPath: string;
  /** CA of client certificates. */
  readonly caPath?: string;
};

type TlsWatchOptions = TlsPaths & {
  /** Gets every new good set, for `setSecureContext`: connections made later use it, open ones stay as they are. */
  readonly onChange?: (material: TlsMaterial) => void;
  readonly logger: Logger;
  readonly everyMs?: number;
};

/**
 * Loads certificate, key and CA and reads them again on change. Rejects when the first set is not good; later a bad set
 * (half written, key of another certificate) is logged and the old one stays.
 */
export const watchTlsFiles = ({
  certPath,
  keyPath,
  caPath,
  ...options
}: TlsWatchOptions): Promise<WatchedFiles<TlsMaterial>> =>
  watchFiles({
    ...options,
    paths: [certPath, keyPath, ...(caPath === undefined ? [] : [caPath])],
    parse: ([cert, key, ca]) =>
      checkedMaterial({
        cert: cert ?? Buffer.alloc(0),
        key: key ?? Buffer.alloc(0),
        ...(ca === undefined ? {} : { ca }),
      }),
  });

const checkedMaterial = (material: TlsMaterial): TlsMaterial => {
  // createSecureContext takes an empty certificate or CA without a word, so each is parsed by itself first.
  const certificate = parsed("certificate", () => new X509Certificate(material.cert));
  const key = parsed("key", () => createPrivateKey(material.key));
  const { ca } = material;
  if (ca !== undefined) parsed("CA", () => new X509Certificate(ca));
  if (!certificate.checkPrivateKey(key)) throw new Error("the key is not the certificate's");
  createSecureContext({ ...material });
  return material;
};

const parsed = <T>(what: string, parse: () => T): T => {
  try {
    return parse();
  } catch (cause) {
    throw new Error(`the ${what} cannot be read: ${(cause as Error).message}`, { cause });
  }
};
