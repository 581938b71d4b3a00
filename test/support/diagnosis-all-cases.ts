import type { CodeCase } from "./diagnosis-cases.js";
import { dnsCases } from "./diagnosis-dns-cases.js";
import { nodeCases } from "./diagnosis-node-cases.js";
import { podCases } from "./diagnosis-pod-cases.js";
import { denialCases, hintCases } from "./diagnosis-policy-cases.js";
import { serviceCases } from "./diagnosis-service-cases.js";

/** The cases of every code. */
export const allCases: readonly CodeCase[] = [
  ...podCases,
  ...nodeCases,
  ...denialCases,
  ...hintCases,
  ...serviceCases,
  ...dnsCases,
];
