import type { ModelChange } from "../model/cluster-model.js";
import type { NodeObject, PodObject } from "../model/objects.js";
import { type ConnectionTable } from "../sets/connection-table.js";
import type { IpRange } from "../sets/ip.js";
import { AddressAtoms } from "./address-atoms.js";
import { ClassAxis } from "./class-axis.js";
import type { CompiledPolicy, CompiledRule } from "./compiled-policy.js";
import { type ConnectionRow, connectionRows, expand, type RowSources } from "./connection-rows.js";
import type { DecisionSources } from "./decide-pair.js";
import { type EndClass, EndClasses } from "./end-classes.js";
import { EndSigner } from "./end-signature.js";
import { externalRanges } from "./external-ranges.js";
import { deadClassesMax, staleEntriesMax } from "./limits.js";
import { type Match, matchRule } from "./match-peer.js";
import { OutcomeColumns } from "./outcome-columns.js";
import { type OutcomeRow, outcomeRow, type RowAxis } from "./outcome-rows.js";
import { denied, type OutcomeId, OutcomeTable } from "./outcome-table.js";
import type { PolicyEnd } from "./policy-end.js";
import {
  addTerms,
  addUnmodelledTerms,
  noTerms,
  type PolicyTerms,
  rangesOf,
} from "./policy-terms.js";
import { type PlacedUnit, placedUnits } from "./policy-units.js";
import { RangeAxis } from "./range-axis.js";
import { type SubjectGroup, SubjectGroups } from "./subject-groups.js";
