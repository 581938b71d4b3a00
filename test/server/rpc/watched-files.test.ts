import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../../common/logger.js";
import { watchedFileBytesMax, watchedFileEveryMs } from "../../../server/limits.js";
import { watchTlsFiles } from "../../../server/rpc/tls-files.js";
import { watchFiles } from "../../../server/rpc/watched-files.js";
import {
  createTestFiles,
  makeCa,
  makeCertificate,
  type TestFiles,
} from "../../support/certificates.js";
import { waitFor } from "../../support/wait.js";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const open = async (): Promise<TestFiles> => {
  const files = await createTestFiles();
  stops.push(() => files.remove());
  return files;
};

const recorder = () => {
  const reasons: unknown[] = [];
  const logger = {
    ...silentLogger,
    warn: (fields: Readonly<Record<string, unknown>>) => void reasons.push(fields["reason"]),
  };
  return { logger, reasons };
};

describe("watchFiles()", () => {
  const watch = async (path: string) => {
    const { logger, reasons } = recorder();
    const changes: string[] = [];
    const watched = await watchFiles({
      paths: [path],
      parse: ([content]) => {
        const text = content?.toString() ?? "";
        if (text.includes("bad")) throw new Error(`${text} is bad`);
        return text;
      },
      onChange: (text) => changes.push(text),
      logger,
      everyMs: 5,
    });
    stops.push(() => watched.stop());
    return { watched, changes, reasons };
  };

  it("reads every second by default", () => {
    expect(watchedFileEveryMs).toBe(1_000);
  });

  it("gives the new value once a change is good", async () => {
    const files = await open();
    const { watched, changes, reasons } = await watch(await files.write("a", "one"));
    expect([watched.current, changes]).toEqual(["one", []]);
    await files.write("a", "bad 1");
    await waitFor("the complaint", () => reasons.length === 1);
    expect(watched.current).toBe("one");
    await files.write("a", "two");
    await waitFor("the change", () => changes.length === 1);
    expect([watched.current, changes, reasons]).toEqual(["two", ["two"], ["bad 1 is bad"]]);
  });

  it("keeps the old value while the file is gone, and says so once", async () => {
    const files = await open();
    const path = await files.write("a", "one");
    const { watched, changes, reasons } = await watch(path);
    await rm(path);
    await waitFor("the complaint", () => reasons.length === 1);
    await files.write("a", "two");
    await waitFor("the change", () => changes.length === 1);
    expect([watched.current, reasons.length]).toEqual(["two", 1]);
  });

  it("sees the symlink swap of a Kubernetes Secret", async () => {
    const folder = await mkdtemp(join(tmpdir(), "causeway-test-"));
    stops.push(() => rm(folder, { recursive: true }));
    for (const name of ["..1", "..2"]) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "token"), `from ${name}`);
    }
    await symlink("..1", join(folder, "..data"));
    await symlink("..data/token", join(folder, "token"));
    const { watched, changes } = await watch(join(folder, "token"));
    expect(watched.current).toBe("from ..1");
    await symlink("..2", join(folder, "..new"));
    await rename(join(folder, "..new"), join(folder, "..data"));
    await waitFor("the swap", () => changes.length === 1);
    expect(watched.current).toBe("from ..2");
  });

  it("rejects when the first contents are not good, or larger than watchedFileBytesMax", async () => {
    const files = await open();
    await expect(watch(await files.write("a", "bad"))).rejects.toThrow("bad is bad");
    await expect(watch("/nowhere/at/all")).rejects.toThrow("ENOENT");
    const large = await files.write("b", "x".repeat(watchedFileBytesMax + 1));
    await expect(watch(large)).rejects.toThrow(`${watchedFileBytesMax + 1} bytes`);
  });
});

describe("watchTlsFiles()", () => {
  const ca = makeCa("test");
  const pair = async () => makeCertificate(await ca, { commonName: "a" });

  const load = async (cert: string, key: string, clientCa?: string) => {
    const files = await open();
    const watched = await watchTlsFiles({
      certPath: await files.write("tls.crt", cert),
      keyPath: await files.write("tls.key", key),
      ...(clientCa === undefined ? {} : { caPath: await files.write("ca.crt", clientCa) }),
      logger: silentLogger,
    });
    stops.push(() => watched.stop());
    return watched.current;
  };

  it("loads certificate, key and CA", async () => {
    const { cert, key } = await pair();
    const material = await load(cert, key, (await ca).cert);
    expect(Object.keys(material)).toEqual(["cert", "key", "ca"]);
    expect(Object.keys(await load(cert, key))).toEqual(["cert", "key"]);
  });

  it("rejects what is not good, saying which", async () => {
    const [one, other] = [await pair(), await pair()];
    await expect(load("", one.key)).rejects.toThrow("the certificate cannot be read");
    await expect(load(one.cert, "no key")).rejects.toThrow("the key cannot be read");
    await expect(load(one.cert, other.key)).rejects.toThrow("the key is not the certificate's");
    await expect(load(one.cert, one.key, "")).rejects.toThrow("the CA cannot be read");
  });
});
