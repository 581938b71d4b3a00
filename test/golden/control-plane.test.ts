import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { playControlTranscript } from "../support/control-transcript.js";

// Each file is commands and the whole output of the control plane. `npx vitest run -u` writes it anew: commit only
// differences that you understand.
const folder = fileURLToPath(new URL("./control-plane/", import.meta.url));

describe("ControlPlane", () => {
  for (const name of readdirSync(folder)) {
    it(`plays ${name}`, async () => {
      const path = `${folder}${name}`;
      await expect(playControlTranscript(readFileSync(path, "utf8"))).toMatchFileSnapshot(path);
    });
  }
});
