import type { CauseView, DiagnosisAnswer, DiagnosisEndpoint } from "../../answers.js";
import type { PodObject } from "../../model/objects.js";
import { catalogue } from "../catalogue/catalogue.js";
import type { CheckResult, Remedy } from "../findings/finding.js";
import type { JudgedWay } from "../policies/judged-way.js";
import type { DiagnosisContext, DiagnosisQuestion } from "../question.js";
import { solePodOf } from "../situation/end.js";
import type { Situation } from "../situation/situation.js";
import type { Gap } from "../verdict/gap.js";
import type { ModeVerdict, Status } from "../verdict/mode-verdict.js";
import { type RankedFinding, type Ranking, severityOf } from "../verdict/rank-causes.js";
import { diagnoseCommand } from "./diagnose-command.js";
import { EvidenceBook } from "./evidence-book.js";
import { issuesOf } from "./issues.js";
import { nextActionsOf } from "./next-actions.js";
import { pathOf } from "./path-of.js";
import { policyPartOf, selectingLimits } from "./policy-part.js";
import { rfc3339 } from "./rfc3339.js";
import { seedAnswerOf } from "./seed-answer.js";
import { verdictViewOf } from "./verdict-view.js";

/** Everything that an answer is made of. */
export type Diagnosed = {
  readonly situation: Situation;
  readonly judged: readonly JudgedWay[];
  readonly result: CheckResult;
  readonly gaps: readonly Gap[];
  readonly verdicts: readonly ModeVerdict[];
  readonly overall: { readonly status: Status; readonly confidence: number };
  readonly ranking: Ranking;
  readonly question: DiagnosisQuestion;
  readonly context: DiagnosisContext;
};

/** Version of the output (its fields and words). */
export const schemaVersion = "1.0";

/** A diagnosis as it is shown. */
export const answerOf = (diagnosed: Diagnosed): DiagnosisAnswer => {
  const { situation, gaps, verdicts, overall, ranking, context } = diagnosed;
  const { a, b, asked, world } = situation;
  const at = rfc3339(context.startedAtMs - world.view.ageS * 1000);
  const book = new EvidenceBook(at);
  const ask = diagnoseCommand(world, diagnosed.question);
  const causes = ranking.causes.map((each) => causeView(each, book, ask));
  const latent = ranking.latent.map((each) => withoutPatchOf(causes, causeView(each, book, ask)));
  const path = pathOf(diagnosed, book);
  const { issues, solutions } = issuesOf(ranking, situation.ways);
  const answer: DiagnosisAnswer = {
    podA: a.name,
    podB: b.name,
    status: overall.status,
    confidence: overall.confidence,
    issues,
    solutions,
    schemaVersion,
    analysisId: context.analysisId,
    startedAt: rfc3339(context.startedAtMs),
    durationMs: context.durationMs ?? 0,
    request: requestOf(situation),
    endpoints: endpointsOf(situation),
    verdicts: verdicts.map((verdict) => verdictViewOf(diagnosed, verdict)),
    policy: policyPartOf(diagnosed),
    causes: ranking.unknown === undefined ? causes : [...causes, unknownCause(ranking.unknown)],
    latent,
    ruledOut: ruledOutOf(diagnosed),
    unexplainedProbes: [],
    path,
    probes: [],
    evidence: book.evidence,
    limits: [
      ...gaps.map(({ what, why, effect }) => ({ what, why, effect })),
      ...omittedFindings(ranking),
      ...selectingLimits(diagnosed),
    ],
    nextActions: nextActionsOf(situation, { status: overall.status, gaps }),
  };
  return asked.isSeedCompatible ? seedAnswerOf(answer, situation.primary) : answer;
};

const omittedFindings = ({ omitted }: Ranking): DiagnosisAnswer["limits"] =>
  omitted === 0
    ? []
    : [
        {
          what: `${omitted} more causes and risks`,
          why: "an answer shows a bounded number of them, the likeliest and gravest first",
          effect: "all of them count for the status",
        },
      ];

const requestOf = ({ asked, ways, modes }: Situation): DiagnosisAnswer["request"] => ({
  protocol: asked.protocol ?? ways[0]?.protocol ?? "TCP",
  ...(asked.port === 0 ? {} : { port: asked.port }),
  accessModes: modes,
  direction: "a_to_b",
  ...(asked.isSeedCompatible ? { compat: "seed" } : {}),
});

const endpointsOf = ({ a, b, plugin }: Situation): DiagnosisAnswer["endpoints"] => {
  const one = solePodOf(a);
  const other = solePodOf(b);
  return {
    ...(one === undefined ? {} : { a: endpointOf(one) }),
    ...(other === undefined ? {} : { b: endpointOf(other) }),
    sameNode: one?.nodeName !== undefined && one.nodeName === other?.nodeName,
    cni: {
      name: plugin.name,
      mode: plugin.mode,
      ...(plugin.enforcesPolicy === undefined ? {} : { enforcesPolicy: plugin.enforcesPolicy }),
    },
  };
};

const endpointOf = (pod: PodObject): DiagnosisEndpoint => {
  const ready = pod.conditions.find(({ type }) => type === "Ready");
  return {
    namespace: pod.namespace,
    name: pod.name,
    uid: pod.uid ?? "",
    ip: pod.ips[0] ?? "",
    node: pod.nodeName ?? "",
    hostNetwork: pod.hostNetwork,
    ...(ready === undefined ? {} : { ready: ready.status === "True" }),
  };
};

const causeView = (
  { finding, probability, blocks }: RankedFinding,
  book: EvidenceBook,
  ask: string,
): CauseView => ({
  code: finding.code,
  layer: catalogue[finding.code].layer,
  origin: finding.origin,
  severity: severityOf(finding),
  probability,
  proof: finding.proof,
  blocks,
  component: finding.component,
  equivalentTo: finding.equivalentTo ?? [],
  explains: [],
  evidence: finding.observations.map((observation) => book.idOf(observation)),
  ...(finding.remedy === undefined ? {} : { remediation: remediationOf(finding.remedy, ask) }),
});

/** What is masked often needs no patch of its own: that of a cause lets the whole connection through. */
const withoutPatchOf = (causes: readonly CauseView[], latent: CauseView): CauseView => {
  const { remediation } = latent;
  const same = causes.find(
    (cause) => remediation?.patch !== "" && cause.remediation?.patch === remediation?.patch,
  );
  if (remediation === undefined || same === undefined) return latent;
  const why = `${remediation.why} The patch is that of ${same.code}.`;
  return { ...latent, remediation: { ...remediation, patch: "", why } };
};

const remediationOf = (remedy: Remedy, ask: string): NonNullable<CauseView["remediation"]> => ({
  ...remedy,
  verify: remedy.verify === "" ? ask : remedy.verify,
});

const unknownCause = (probability: number): CauseView => ({
  code: "UNKNOWN_CAUSE",
  layer: "",
  origin: "",
  severity: catalogue.UNKNOWN_CAUSE.severity,
  probability,
  proof: "inferred",
  blocks: false,
  component: "",
  equivalentTo: [],
  explains: [],
  evidence: [],
});

/** What was looked for and is not so, without what was found elsewhere on the way. */
const ruledOutOf = ({ result }: Diagnosed): DiagnosisAnswer["ruledOut"] => {
  const found = new Set(result.findings.map(({ code }) => code));
  const byText = new Map(
    result.ruledOut
      .filter(({ code }) => !found.has(code))
      .map((each) => [`${each.code} ${each.because}`, each]),
  );
  return [...byText]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, each]) => ({ code: each.code, because: each.because }));
};
