/** Pods of a workload that are judged at each end: enough to tell a fault of one from a fault of all. */
export const diagnosisPodsMax = 8;

/** Ports that are judged where none was asked for: a pod that declares more has the rest left out. */
export const diagnosisPortsMax = 16;

/** Connections that are judged one by one: pods by pods by ports. */
export const diagnosisWaysMax = 256;

/** Services of a pod that are judged: the first ones by name. */
export const diagnosisServicesMax = 4;

/** Endpoints of a Service that are judged. */
export const diagnosisEndpointsMax = 32;

/** Names of policies or pods in one text: more are counted, evidence names each. */
export const namesTextMax = 3;

/** Causes that are shown, and as many things that are latent: the likeliest, and the gravest. */
export const shownFindingsMax = 64;

/** Policies that select an end and are listed: those that allow come first, all are judged. */
export const selectingPoliciesMax = 100;

/** Policies without effect that are looked for in a namespace: each costs a walk over its pods. */
export const idlePoliciesMax = 200;

/** Observations that one cause refers to. */
export const evidencePerCauseMax = 12;

/** Characters of a message of the cluster (events, conditions) that is repeated. */
export const messageCharsMax = 300;
