import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Manifests as people write them, for tests of what reads them.

/** A folder of its own for a test, and what removes it. */
export const temporaryFolder = (): { readonly path: string; readonly remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), "causeway-policy-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** A running pod of namespace default with a label and a port. */
export const podManifest = (name: string, ip = ""): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels:
    app: ${name}
spec:
  nodeName: n1
  containers:
    - name: main
      image: example
      ports:
        - containerPort: 80
status:
  phase: Running
  podIP: ${ip === "" ? '""' : ip}
`;

/** A policy that lets only pods with a label reach those with another. */
export const allowManifest = (to: string, from: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${to}
spec:
  podSelector:
    matchLabels:
      app: ${to}
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app: ${from}
`;

/** Documents in one text. */
export const documentsOf = (...documents: readonly string[]): string => documents.join("---\n");

/** web and db; db takes connections of api alone, which does not exist. */
export const shopManifests = documentsOf(
  podManifest("web", "10.0.0.1"),
  podManifest("db", "10.0.0.2"),
  allowManifest("db", "api"),
);

/** A namespace of so many pods, of which every second lets only its neighbour in. */
export const manyManifests = (count: number): string =>
  documentsOf(
    ...Array.from({ length: count }, (_, at) => {
      const name = `p${String(at).padStart(5, "0")}`;
      const pod = podManifest(name, `10.1.${at >> 8}.${at & 255}`);
      return at % 2 === 0 ? pod : documentsOf(pod, allowManifest(name, `p${at - 1}`));
    }),
  );
