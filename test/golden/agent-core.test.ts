import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { playAgentTranscript } from "../support/agent-transcript.js";

// Each file is commands and the whole output of the agent's core. `npx vitest run -u` writes it anew: commit only
// differences that you understand.
const folder = fileURLToPath(new URL("./agent-core/", import.meta.url));

describe("AgentCore", () => {
  for (const name of readdirSync(folder)) {
    it(`plays ${name}`, async () => {
      const path = `${folder}${name}`;
      await expect(playAgentTranscript(readFileSync(path, "utf8"))).toMatchFileSnapshot(path);
    });
  }
});
