import { describe, expect, it } from "vitest";
import type { CodeCase } from "../../../support/diagnosis-cases.js";
import { codesOf, diagnosed } from "../../../support/diagnosis-cluster.js";
import { dnsCases } from "../../../support/diagnosis-dns-cases.js";
import { podCases } from "../../../support/diagnosis-pod-cases.js";
import { denialCases, hintCases } from "../../../support/diagnosis-policy-cases.js";
import { serviceCases } from "../../../support/diagnosis-service-cases.js";

/** Goal: each code is found where objects show it, and not where they show something like it. */

const cases: readonly CodeCase[] = [
  ...podCases,
  ...denialCases,
  ...hintCases,
  ...serviceCases,
  ...dnsCases,
];

describe.each(cases)("$code", ({ code, shows, lookAlike, status }) => {
  it(`is found ${shows.when}`, () => {
    const answer = diagnosed(shows.objects, shows.question, shows.options);
    expect(codesOf(answer)).toContain(code);
    expect(answer.status).toBe(status);
  });

  it(`is not found ${lookAlike.when}`, () => {
    const answer = diagnosed(lookAlike.objects, lookAlike.question, lookAlike.options);
    expect(codesOf(answer)).not.toContain(code);
  });
});
