/**
 * The names that programs outside this repository rely on. They change only with a decision record and a line in the
 * changelog; test/tidy.test.ts holds the sources to them.
 */

/** RPCs that are served, and their REST paths; undefined where there is none. */
export const rpcPaths: Readonly<Record<string, string | undefined>> = {
  "AgentService.Connect": undefined,
  "MeshService.ListAgents": "GET /v1/agents",
  "MeshService.GetAgent": "GET /v1/agents/{agent_id}",
  "MeshService.GetMatrix": "GET /v1/matrix",
  "MeshService.WatchMatrix": "GET /v1/matrix:watch",
  "MeshService.GetPair": "GET /v1/pairs/{source}/{target}",
  "MeshService.ListWorstPairs": "GET /v1/pairs:worst",
  "MeshService.RunProbe": "POST /v1/probes:run",
  "MeshService.GetReport": "GET /v1/report",
  "PolicyService.Evaluate": "POST /v1/policy:evaluate",
  "PolicyService.Explain": "POST /v1/policy:explain",
  "PolicyService.ListConnections": "POST /v1/policy:connections",
  "PolicyService.WhatIf": "POST /v1/policy:whatif",
  "PolicyService.Diff": "POST /v1/policy:diff",
  "PolicyService.Lint": "POST /v1/policy:lint",
  "PolicyService.SuggestFix": "POST /v1/policy:fix",
  "PolicyService.Exposure": "POST /v1/policy:exposure",
  "PolicyService.Check": "POST /v1/policy:check",
  "AnalysisService.AnalyzePodCommunication": "POST /api/v1/analyze/pod-communication",
  "CheckerService.SendHeartbeat": "POST /api/v1/heartbeat",
  "CheckerService.SubmitHostResults": "POST /api/v1/test-results/hosts",
  "CheckerService.SubmitPodResults": "POST /api/v1/test-results/pods",
  "CheckerService.SubmitServiceResult": "POST /api/v1/test-results/service",
  "CheckerService.ListHosts": "GET /api/v1/hosts",
  "CheckerService.ListPods": "GET /api/v1/pods",
  "CheckerService.GetHostResults": "GET /api/v1/test-results/hosts",
  "CheckerService.GetPodResults": "GET /api/v1/test-results/pods",
  "CheckerService.GetServiceResults": "GET /api/v1/test-results/service",
  "CheckerService.CountClients": "GET /api/v1/clients/count",
  "CheckerService.GetResults": "GET /api/v1/results",
  "CheckerService.GetHealth": "GET /api/v1/health",
};

/** Settings of the server with their defaults as printed. */
export const serverSettings: Readonly<Record<string, string>> = {
  HTTP_PORT: "8080",
  CACHE_KEY_SECOND: "15",
  REPORT_INTERVAL: "300",
  LOG_LEVEL: "info",
  CAUSEWAY_AGENT_PORT: "8443",
  CAUSEWAY_BIND: "127.0.0.1",
  CAUSEWAY_TLS_CERT: "",
  CAUSEWAY_TLS_KEY: "",
  CAUSEWAY_CLIENT_CA: "",
  CAUSEWAY_TOKEN_FILE: "",
  CAUSEWAY_INSECURE: "false",
  CAUSEWAY_CORS_ORIGINS: "",
  CAUSEWAY_LEGACY_CLIENTS: "true",
  CAUSEWAY_HTTP_TLS: "false",
  CAUSEWAY_API_TOKEN_FILE: "",
  CAUSEWAY_MANIFESTS: "",
};

/** Settings of the agent with their defaults; undefined is required. */
export const agentSettings: Readonly<Record<string, string | undefined>> = {
  NODE_IP: undefined,
  POD_IP: undefined,
  POD_NAME: undefined,
  NAMESPACE: undefined,
  SERVER_URL: undefined,
  HEARTBEAT_INTERVAL: "5",
  TEST_PORT: "22",
  CUSTOM_SERVICE_NAME: "",
  CUSTOM_SERVICE_PORT: "80",
  CLIENT_PORT: "6100",
  LOG_LEVEL: "info",
  CAUSEWAY_NODE_NAME: "NODE_IP",
  CAUSEWAY_POD_UID: "",
  CAUSEWAY_POD_IPS: "POD_IP",
  CAUSEWAY_PLANE: "pod",
  CAUSEWAY_ZONE: "",
  CAUSEWAY_BIND: "POD_IPs",
  CAUSEWAY_TLS_CERT: "",
  CAUSEWAY_TLS_KEY: "",
  CAUSEWAY_CA: "",
  CAUSEWAY_TOKEN_FILE: "",
  CAUSEWAY_INSECURE: "false",
  CAUSEWAY_PROBE_ALLOW: "",
  CAUSEWAY_USE_PROXY: "false",
};

/** Commands of the command line. */
export const commandNames = [
  "server",
  "agent",
  "demo",
  "agents",
  "matrix",
  "pair",
  "worst",
  "probe",
  "report",
  "policy",
  "diagnose",
  "version",
  "completion",
] as const;

/** npm scripts that others call. */
export const scriptNames = [
  "start",
  "test",
  "check",
  "build",
  "generate",
  "test:unit",
  "test:rpc",
  "test:sim",
  "test:web",
  "bench",
  "bench:stream",
  "bench:mesh",
] as const;

/** Metrics that dashboards and alerts use. */
export const metricNames = [
  "causeway_probe_rtt_seconds",
  "causeway_probes_total",
  "causeway_node_loss_ratio",
  "causeway_node_rtt_seconds",
  "causeway_worst_pair_rtt_seconds",
  "causeway_mesh_coverage_ratio",
  "causeway_mesh_oldest_pair_age_seconds",
  "causeway_agents",
  "causeway_ingest_results_total",
  "causeway_ingest_commit_seconds",
  "causeway_build_info",
  "causeway_policy_questions_total",
  "causeway_policy_question_seconds",
  "causeway_policy_questions_waiting",
  "causeway_policy_loads_total",
  "causeway_policy_load_seconds",
  "causeway_policy_model_objects",
  "causeway_policy_model_problems",
  "causeway_policy_model_age_seconds",
] as const;
