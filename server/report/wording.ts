import { assertNever } from "../../common/assert.js";
import type { Outcome } from "../../common/probe.js";
import type { BrokenKind, Problem, Severity } from "./problems.js";
import type { ReportLang } from "./report.js";

/** What the report says, in one language. */
export type Wording = {
  readonly title: string;
  readonly generatedAt: string;
  readonly activeClients: string;
  readonly problems: string;
  readonly noProblems: string;
  /** In its place when nobody measures. */
  readonly noClients: string;
  readonly omitted: (count: number) => string;
  readonly hostIps: string;
  readonly podIps: string;
  readonly none: string;
  readonly hosts: string;
  readonly pods: string;
  readonly service: string;
  readonly tests: string;
  readonly succeeded: string;
  readonly failed: string;
  readonly successRatio: string;
  readonly meanDuration: string;
  readonly sumDuration: string;
  readonly severity: Readonly<Record<Severity, string>>;
  /** The sentence about a problem. */
  readonly sentence: (problem: Problem, nowUnixMs: number) => string;
};

/** Who a problem is about: an agent, a target, or a pair "A -> B". */
export const subjectOf = (problem: Problem): string => {
  switch (problem.kind) {
    case "agent_gone":
    case "plan_refused":
      return problem.agentId;
    case "target_down":
      return problem.target;
    case "source_down":
      return problem.source;
    case "pair":
    case "posted":
      return `${problem.source} -> ${problem.target}`;
    default:
      return assertNever(problem);
  }
};

const outcomesEn: Readonly<Record<Outcome, string>> = {
  unspecified: "unknown outcome",
  ok: "answered",
  timeout: "no answer in time: dropped on the way, or nobody is there",
  refused: "refused: the host answers, but nothing listens on the port",
  reset: "the connection was reset after it stood",
  host_unreachable: "no route to the host, or it does not answer ARP or ND",
  net_unreachable: "no route to the network",
  prohibited: "a filter answers that the traffic is prohibited",
  ttl_exceeded: "the hop limit ran out: a routing loop, or too many hops",
  msg_too_big: "the packet is larger than the path MTU",
  no_local_port: "the prober has no free local port",
  dns_nxdomain: "the DNS server says that the name does not exist",
  dns_servfail: "the DNS server failed",
  dns_refused: "the DNS server refused the query",
  dns_truncated: "the DNS answer was truncated and did not come over TCP either",
  dns_timeout: "the DNS server did not answer",
  http_status: "HTTP answered with an error status",
  tls_failed: "the TLS handshake failed",
  body_mismatch: "the answer was not the expected one",
  hang: "the connection stood, then nothing came",
  partial: "only a part of the answer came",
  wrong_peer: "somebody else than the target answered",
  snat_seen: "the target saw another source address than the prober's",
  not_run: "the probe was not run",
};

const outcomesZh: Readonly<Record<Outcome, string>> = {
  unspecified: "结果未知",
  ok: "有应答",
  timeout: "超时无应答：数据包在途中被丢弃，或对端不存在",
  refused: "被拒绝：主机有应答，但端口无服务监听",
  reset: "连接建立后被重置",
  host_unreachable: "主机不可达：无路由，或对端不应答 ARP/ND",
  net_unreachable: "网络不可达：无路由",
  prohibited: "被过滤器明确禁止",
  ttl_exceeded: "跳数耗尽：存在路由环路，或跳数过多",
  msg_too_big: "数据包超过路径 MTU",
  no_local_port: "探测端没有空闲的本地端口",
  dns_nxdomain: "DNS 服务器称该域名不存在",
  dns_servfail: "DNS 服务器故障",
  dns_refused: "DNS 服务器拒绝查询",
  dns_truncated: "DNS 应答被截断，且 TCP 也未取得完整应答",
  dns_timeout: "DNS 服务器无应答",
  http_status: "HTTP 返回错误状态码",
  tls_failed: "TLS 握手失败",
  body_mismatch: "应答内容与预期不符",
  hang: "连接已建立，但之后没有数据",
  partial: "只收到部分应答",
  wrong_peer: "应答者不是目标",
  snat_seen: "目标看到的源地址不是探测端地址",
  not_run: "探测未执行",
};

const secondsSince = (thenMs: number, nowMs: number): number =>
  Math.max(0, Math.round((nowMs - thenMs) / 1000));

type BrokenWords = {
  readonly outcomes: Readonly<Record<Outcome, string>>;
  readonly loss: (lost: number, sent: number) => string;
  readonly stale: (seconds: number) => string;
  readonly colon: string;
  readonly separator: string;
  readonly comma: string;
  readonly stop: string;
  readonly between: string;
};

/** What a kind suffers from, and why. */
const faultText = (
  { state, outcome, detail, sent, lost, measuredUnixUs }: BrokenKind,
  words: BrokenWords,
  nowUnixMs: number,
): string => {
  if (state === "stale") return words.stale(secondsSince(measuredUnixUs / 1000, nowUnixMs));
  const loss = state === "degraded" ? words.loss(lost, sent) : "";
  const why = outcome === "ok" ? "" : words.outcomes[outcome];
  return [loss, why, detail].filter((text) => text !== "").join(words.separator);
};

/** Every fault once, with the kinds that suffer from it. */
const faultsText = (
  broken: readonly BrokenKind[],
  words: BrokenWords,
  nowUnixMs: number,
): string => {
  const places = new Map<string, string[]>();
  for (const one of broken) {
    const fault = faultText(one, words, nowUnixMs);
    const place = one.destination === "" ? one.kind : `${one.kind} ${one.destination}`;
    const known = places.get(fault);
    if (known === undefined) places.set(fault, [place]);
    else known.push(place);
  }
  return [...places]
    .map(([fault, where]) => `${where.join(words.comma)}${words.colon}${fault}${words.stop}`)
    .join(words.between);
};

type Broken = Extract<Problem, { readonly broken: unknown }>;

/** What the mix of working and failing kinds says about the place of the fault. */
type Pattern = "only_icmp" | "host_up_port_dropped" | "nothing_passes" | "none";

const patternOf = ({ broken, working }: Broken): Pattern => {
  const down = broken.filter(({ state }) => state === "down");
  if (down.length === 0) return "none";
  const onlyIcmp = down.every(({ kind }) => kind === "icmp");
  if (onlyIcmp) return working.some((kind) => kind !== "icmp") ? "only_icmp" : "none";
  const silent = down.every(({ outcome }) => outcome === "timeout");
  if (!silent) return "none";
  if (working.includes("icmp")) return "host_up_port_dropped";
  return working.length === 0 && down.length > 1 ? "nothing_passes" : "none";
};

const wordsEn: BrokenWords = {
  outcomes: outcomesEn,
  loss: (lost, sent) => (sent === 0 ? "the last probe failed" : `${lost} of ${sent} probes lost`),
  stale: (seconds) => `not measured for ${seconds} s`,
  colon: ": ",
  separator: "; ",
  comma: ", ",
  stop: ".",
  between: " ",
};

const wordsZh: BrokenWords = {
  outcomes: outcomesZh,
  loss: (lost, sent) => (sent === 0 ? "最近一次探测失败" : `${sent} 次探测丢失 ${lost} 次`),
  stale: (seconds) => `已有 ${seconds} 秒未测量`,
  colon: "：",
  separator: "；",
  comma: "、",
  stop: "。",
  between: "",
};

const patternsEn: Readonly<Record<Pattern, string>> = {
  only_icmp: "Only ping fails: the path works, a filter drops ICMP.",
  host_up_port_dropped:
    "The address answers ping: a NetworkPolicy or a firewall drops these ports.",
  nothing_passes:
    "Nothing comes back by any protocol: the target is gone, a route is missing, or a filter drops everything.",
  none: "",
};

const patternsZh: Readonly<Record<Pattern, string>> = {
  only_icmp: "仅 ping 失败：路径正常，ICMP 被过滤。",
  host_up_port_dropped: "该地址可以 ping 通：NetworkPolicy 或防火墙丢弃了这些端口的流量。",
  nothing_passes: "任何协议都没有回应：目标已消失、缺少路由，或全部流量被过滤。",
  none: "",
};

const causesEn = (problem: Broken, nowUnixMs: number): string =>
  `${faultsText(problem.broken, wordsEn, nowUnixMs)} ${patternsEn[patternOf(problem)]}`.trim();

const causesZh = (problem: Broken, nowUnixMs: number): string =>
  `${faultsText(problem.broken, wordsZh, nowUnixMs)}${patternsZh[patternOf(problem)]}`;

const sentenceEn = (problem: Problem, nowUnixMs: number): string => {
  switch (problem.kind) {
    case "agent_gone": {
      const seconds = secondsSince(problem.sinceUnixMs, nowUnixMs);
      return `agent is ${problem.state} for ${seconds} s (${problem.reason})`;
    }
    case "plan_refused":
      return `agent refused its newest plan and runs the former one: ${problem.error}`;
    case "target_down":
      return `no source of ${problem.sourceCount} reaches it. ${causesEn(problem, nowUnixMs)}`;
    case "source_down":
      return `reaches none of its ${problem.targetCount} targets. ${causesEn(problem, nowUnixMs)}`;
    case "pair":
      return causesEn(problem, nowUnixMs);
    case "posted":
      return `ping ${problem.ping}, port ${problem.port} (posted by a client of /api/v1)`;
    default:
      return assertNever(problem);
  }
};

const statesZh = { suspect: "疑似失联", lost: "已失联" } as const;
const pingZh = { reachable: "可达", unreachable: "不可达" } as const;
const portZh = { open: "开放", closed: "关闭", unknown: "未知" } as const;

const sentenceZh = (problem: Problem, nowUnixMs: number): string => {
  switch (problem.kind) {
    case "agent_gone": {
      const seconds = secondsSince(problem.sinceUnixMs, nowUnixMs);
      return `客户端${statesZh[problem.state]} ${seconds} 秒（${problem.reason}）`;
    }
    case "plan_refused":
      return `客户端拒绝了最新的探测计划，仍运行旧计划：${problem.error}`;
    case "target_down":
      return `${problem.sourceCount} 个源均无法到达。${causesZh(problem, nowUnixMs)}`;
    case "source_down":
      return `无法到达全部 ${problem.targetCount} 个目标。${causesZh(problem, nowUnixMs)}`;
    case "pair":
      return causesZh(problem, nowUnixMs);
    case "posted":
      return `ping ${pingZh[problem.ping]}，端口${portZh[problem.port]}（由 /api/v1 客户端上报）`;
    default:
      return assertNever(problem);
  }
};

/** The report's words by language. The Chinese ones of the figures are those that readers of k8snet-checker know. */
export const wordings: Readonly<Record<ReportLang, Wording>> = {
  en: {
    title: "Network connectivity report",
    generatedAt: "Generated at",
    activeClients: "Active clients",
    problems: "Problems",
    noProblems: "nothing is broken as far as it is measured",
    noClients: "no client is there: nothing is measured",
    omitted: (count) => `and ${count} more`,
    hostIps: "Host IPs",
    podIps: "Pod IPs",
    none: "none",
    hosts: "Tests between hosts",
    pods: "Tests between pods",
    service: "Tests of the custom service",
    tests: "Tests",
    succeeded: "Succeeded",
    failed: "Failed",
    successRatio: "Success ratio",
    meanDuration: "Mean duration",
    sumDuration: "Total duration",
    severity: { critical: "critical", high: "high", medium: "medium" },
    sentence: sentenceEn,
  },
  zh: {
    title: "网络连通性报告",
    generatedAt: "生成时间",
    activeClients: "活跃客户端数量",
    problems: "问题",
    noProblems: "在已测量的范围内未发现故障",
    noClients: "没有活跃客户端：未进行任何测量",
    omitted: (count) => `另有 ${count} 个问题未列出`,
    hostIps: "宿主机 IP 列表",
    podIps: "Pod IP 列表",
    none: "无",
    hosts: "宿主机测试统计",
    pods: "Pod 测试统计",
    service: "自定义服务测试统计",
    tests: "总测试数",
    succeeded: "成功",
    failed: "失败",
    successRatio: "成功率",
    meanDuration: "平均耗时",
    sumDuration: "总耗时",
    severity: { critical: "严重", high: "高", medium: "中" },
    sentence: sentenceZh,
  },
};
