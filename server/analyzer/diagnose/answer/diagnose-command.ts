import { profileDefault } from "../../policy/profile.js";
import type { PolicyWorld } from "../../policy-world.js";
import { command } from "../findings/shell-words.js";
import type { DiagnosisQuestion } from "../question.js";

/** The command that asks a question of the same input, under the same conventions. */
export const diagnoseCommand = (
  { engine, inputs }: Pick<PolicyWorld, "engine" | "inputs">,
  { podA, podB, port = 0, protocol = "" }: DiagnosisQuestion,
): string =>
  command(
    "causeway",
    "diagnose",
    podA,
    podB,
    ...inputs,
    ...(port === 0 ? [] : ["--port", String(port)]),
    ...(protocol === "" ? [] : ["--protocol", protocol]),
    ...(engine.profile.name === profileDefault ? [] : ["--profile", engine.profile.name]),
  );
