import { describe, expect, it } from "vitest";
import type { CodeCase } from "../../../support/diagnosis-cases.js";
import { codesOf, diagnosed } from "../../../support/diagnosis-cluster.js";
import { dnsCases } from "../../../support/diagnosis-dns-cases.js";

/** Goal: each code is found where objects show it, and not where they show something like it. */

describe.each([...dnsCases])("$code", ({ code, shows, lookAlike, status }: CodeCase) => {
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
