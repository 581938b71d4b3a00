// Named bounds of the way through Services: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

/** ExternalName Services that follow each other: resolvers give up on a chain of CNAMEs after about as many. */
export const externalNameHopsMax = 8;

/** Pods and endpoints that an issue of a Service names: more are counted. */
export const issueNamesMax = 5;
