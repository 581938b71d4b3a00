import { selects } from "../../analyzer/model/label-selector.js";
import type { ObjectMeta, WorkloadKind, WorkloadObject } from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";
import { given } from "./given.js";
import { ownerOf } from "./metadata.js";
import { labelsOf } from "./names.js";
import { podSpecOf } from "./pod-spec.js";
import { selectorOf } from "./selector.js";

/** How a kind of workload is written. */
export type WorkloadShape = {
  readonly kind: WorkloadKind;
  /** Whether it has spec.replicas. */
  readonly scaled: boolean;
  /** required: as apps/v1 has it; map: a ReplicationController's; optional: as the old versions had it; none: Jobs. */
  readonly selector: "required" | "optional" | "map" | "none";
};

/** Reads a workload: its template and how many pods it wants. Faults as apps and batch validation find them. */
export const workloadOf =
  (shape: WorkloadShape) =>
  (object: Field, meta: ObjectMeta): WorkloadObject => {
    const spec = object.field("spec");
    spec.record();
    const template = templateField(spec, shape.kind);
    if (template.record() === undefined && !template.present) template.error("is required");
    const metadata = template.field("metadata");
    metadata.record();
    const labels = labelsOf(metadata.field("labels"));
    checkSelector(spec.field("selector"), shape, labels);
    return {
      kind: shape.kind,
      ...meta,
      ...given("owner", ownerOf(object)),
      ...given("replicas", replicasOf(object, shape)),
      ...given("readyReplicas", readyReplicasOf(object.field("status"), shape.kind)),
      template: {
        ...podSpecOf(template.field("spec")),
        labels,
        annotations: metadata.field("annotations").stringMap(),
      },
    };
  };

const templateField = (spec: Field, kind: WorkloadKind): Field =>
  (kind === "CronJob" ? spec.field("jobTemplate").field("spec") : spec).field("template");

const checkSelector = (
  field: Field,
  { selector: rule }: WorkloadShape,
  labels: Readonly<Record<string, string>>,
): void => {
  if (rule === "none") return;
  if (!field.present) {
    if (rule === "required") field.tolerate("is missing");
    return;
  }
  if (rule === "map") {
    const map = field.stringMap();
    const matches = Object.keys(map).every(
      (key) => Object.hasOwn(labels, key) && labels[key] === map[key],
    );
    if (!matches) field.tolerate("does not match the labels of the template");
    return;
  }
  const selector = selectorOf(field);
  if (selector.key === "") {
    if (rule === "required") field.tolerate("is empty");
  } else if (!selects(selector, labels)) {
    field.tolerate("does not match the labels of the template");
  }
};

/** A Job that has ended wants no pods. */
const replicasOf = (object: Field, { kind, scaled }: WorkloadShape): number | undefined => {
  if (!scaled) return kind === "Job" && hasEnded(object.field("status")) ? 0 : undefined;
  const field = object.field("spec").field("replicas");
  const replicas = field.integer() ?? 1;
  if (replicas < 0) field.error(`${replicas} must not be negative`);
  return replicas;
};

const hasEnded = (status: Field): boolean =>
  status
    .itemsAt("conditions")
    .some(
      (condition) =>
        ["Complete", "Failed"].includes(String(condition.field("type").value)) &&
        condition.field("status").value === "True",
    );

/** A count of zero is left out of a status; a status that a controller has written names the observed generation. */
const readyReplicasOf = (status: Field, kind: WorkloadKind): number | undefined => {
  const key = kind === "DaemonSet" ? "numberReady" : "readyReplicas";
  const ready = status.field(key).integer();
  if (ready !== undefined || kind === "Job" || kind === "CronJob") return ready;
  return status.field("observedGeneration").present ? 0 : undefined;
};
