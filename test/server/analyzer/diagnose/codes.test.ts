import { describe, expect, it } from "vitest";
import { allCases } from "../../../support/diagnosis-all-cases.js";
import { codesOf, diagnosed } from "../../../support/diagnosis-cluster.js";

/** Goal: each code is found where objects show it, and not where they show something like it. */

describe.each(allCases)("$code", ({ code, shows, lookAlike, status }) => {
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
