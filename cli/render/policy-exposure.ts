import type { ExposureAnswer, ExposureRowView } from "../../server/analyzer/answers.js";
import type { Listing } from "./columns.js";

/** What workloads are open to beyond the workloads of the model. */
export const exposureListing = (
  rows: () => Iterable<ExposureRowView>,
): Listing<ExposureRowView> => ({
  columns: [
    { field: "workload", value: (row) => row.workload },
    { field: "direction", value: (row) => row.direction },
    { field: "peer", value: (row) => row.peer },
    { field: "connections", value: (row) => row.connections },
  ],
  rows,
  empty: "No workload is open to anything beyond the workloads of the model.",
});

type Unprotected = ExposureAnswer["unprotected"][number];

/** Workloads that no policy protects. */
export const unprotectedListing = (rows: readonly Unprotected[]): Listing<Unprotected> => ({
  columns: [
    { field: "workload", value: (row) => row.workload },
    { field: "direction", value: (row) => row.direction },
  ],
  rows: () => rows,
  empty: "Every workload is protected by a policy in both directions.",
});
