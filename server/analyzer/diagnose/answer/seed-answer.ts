import type { DiagnosisAnswer } from "../../answers.js";

/** Confidences of the first clients: of connected, of disconnected before issues, what each issue takes, and the least. */
const seedConfidence = { connected: 0.9, disconnected: 0.7, perIssue: 0.1, min: 0.3 } as const;

/**
 * The answer for clients that know neither "degraded" nor a confidence with a meaning: degraded is disconnected when the
 * way that was asked for is down, else connected, and the confidence is the number that they always got.
 */
export const seedAnswerOf = (answer: DiagnosisAnswer, primary: string): DiagnosisAnswer => {
  const main = answer.verdicts.find(({ mode }) => mode === primary);
  const status =
    answer.status === "degraded"
      ? main?.status === "disconnected"
        ? "disconnected"
        : "connected"
      : answer.status;
  return { ...answer, status, confidence: confidenceOf(status, answer.issues.length) };
};

const confidenceOf = (status: string, issues: number): number => {
  if (status === "connected") return seedConfidence.connected;
  if (status !== "disconnected") return 0;
  const reduced = seedConfidence.disconnected - issues * seedConfidence.perIssue;
  return Math.round(Math.max(seedConfidence.min, reduced) * 100) / 100;
};
