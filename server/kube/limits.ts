// Named bounds of reading Kubernetes objects and manifests: one constant a limit, with its reason. Every one is listed in
// docs/limits.md and reached by a test.

// Objects

/** Faults that are told of one object: the first ones, since the rest often follow from them. */
export const faultsPerObjectMax = 20;

/** Depth of lists in lists: kubectl writes one level. */
export const listDepthMax = 3;

// Manifests

/** Bytes of one file: a dump of a cluster of 10,000 pods; what is larger is seldom a manifest. */
export const manifestFileBytesMax = 64 * 1024 * 1024;

/** Bytes of all files of one load: they are held for as long as the model, to tell lines. */
export const manifestTotalBytesMax = 256 * 1024 * 1024;

/** Files of one load: ten times a large repository of manifests. */
export const manifestFilesMax = 100_000;

/** Folders inside folders: deeper ones are no repository. */
export const manifestFolderDepthMax = 64;

/** Documents of one load: ten times those of a large cluster, and two seconds of parsing. */
export const manifestDocumentsMax = 200_000;

/** Levels of nesting in one document: the deepest custom resource definitions have about 60. */
export const manifestDepthMax = 200;

/** Values that documents with aliases may stand for in one load: real ones stay far below, an alias bomb goes far beyond. */
export const aliasExpansionMax = 1_000_000;

/** Keys that "<<" may merge in one document: real ones merge some dozens. */
export const mergedKeysMax = 20_000;

/** Values of one document: four times what a dump of 5,000 pods has; each takes some 50 bytes when parsed. */
export const documentValuesMax = 4_000_000;

/** Characters of one YAML document or of one item of a List: an API server takes no object of more than 3 MiB. */
export const yamlDocumentCharsMax = 4 * 1024 * 1024;

/** Objects of one load, and items of one List: twice those of a cluster of 20,000 pods. Pods made of workloads come on top. */
export const manifestObjectsMax = 200_000;

/** Problems that are told of one load; the last one says how many more there are. */
export const manifestProblemsMax = 1000;

/** Documents whose positions are kept at hand: findings come file by file. */
export const locatedDocumentsMax = 32;

/** Characters of a document that is parsed to tell a line; of longer ones the line of its start is told. */
export const locatedCharsMax = 1024 * 1024;

/** Characters that are parsed to tell the lines of problems, in one load; beyond, the lines of the documents are told. */
export const problemCharsMax = 4 * 1024 * 1024;

/** Characters of a text that looks like JSON and is none: shorter ones are tried as YAML, which kubectl does, too. */
export const jsonFallbackCharsMax = 4 * 1024 * 1024;

/** Pods that stand for the replicas of a workload: they are alike to every policy, and two tell self from neighbour. */
export const expandedReplicasMax = 2;

/** Pods made for one StatefulSet or DaemonSet: real ones seldom have more. */
export const expandedPodsMax = 5_000;

/** Pods made for StatefulSets and DaemonSets of one load: a large cluster has fewer. Beyond, each gets two. */
export const expandedPodsTotalMax = 50_000;

/** Documents that can't be read before a load gives up: each costs more than one that can. */
export const unreadableDocumentsMax = 10_000;

/** Tokens of a Calico selector: real ones have some dozens; it also bounds how deep they nest. */
export const selectorTokensMax = 1_000;

/** Characters of a JSON text whose maps are searched for keys that are there twice: longer ones are written by programs. */
export const jsonKeysCharsMax = 1024 * 1024;
