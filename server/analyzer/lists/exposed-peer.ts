/** Something beyond the model that a workload may reach, or be reached by, and by what. */
export type ExposedPeer = { readonly peer: string; readonly connections: string };

/** The peer that stands for any pod of the cluster, one that is not there included. */
export const entireClusterText = "entire-cluster";
