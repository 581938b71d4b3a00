import type { DiagnosisReport } from "../answers.js";
import type { PolicyWorld } from "../policy-world.js";
import { diagnose } from "./diagnose.js";
import type { DiagnosisQuestion } from "./question.js";

/** A diagnosis with how long it took and what it rests on; `wallMs` is the time in milliseconds since 1970. Throws as `diagnose`. */
export const reportDiagnosis = (
  world: PolicyWorld,
  question: DiagnosisQuestion,
  { analysisId, wallMs }: { readonly analysisId: string; readonly wallMs: () => number },
): DiagnosisReport => {
  const startedAtMs = wallMs();
  const answer = diagnose(world, question, { analysisId, startedAtMs });
  const durationMs = Math.round(wallMs() - startedAtMs);
  return { ...answer, durationMs, profile: world.engine.profile.name, model: world.view };
};
