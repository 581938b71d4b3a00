// Named bounds: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

// Session core (agent/session)

/** Memory of what is not acknowledged, as accounted in agent/session/batch.ts: 16 MiB, about 12 hours of 20 results/s. */
export const spoolBytesMax = 16 * 1024 * 1024;
/** Results older than this explain nothing any more: 24 h. */
export const spoolAgeMsMax = 24 * 60 * 60 * 1000;
/** Part of the window that spooled batches may fill, so that live ones are never behind them. */
export const spoolWindowShare = 0.25;
/** Results in a batch until a Welcome says otherwise: where the cost of a message has vanished (0.38 us a result). */
export const batchResultsDefault = 100;
/** A batch leaves after so long while a session is up: what people see is at most this late. */
export const batchAgeMsMax = 1000;
/** Batches in flight whatever the server grants: bounds what a reconnect sends again. */
export const windowBatchesMax = 256;
/** Bytes in flight whatever the server grants: a quarter of the spool, as what is in flight cannot be dropped. */
export const windowBytesMax = 4 * 1024 * 1024;
/** On-demand runs at once, whatever the server allows: each may open sockets. */
export const runsMax = 16;
/** Bytes of a run's name: the contract's bound. */
export const runIdBytesMax = 64;
/** Longest time a run may take, whatever its deadline says. */
export const runTimeoutMsMax = 60_000;
/** How long after its time-out a run that did not report is given up. */
export const runGraceMs = 2000;
/** First ceiling of the reconnect delay (full jitter, doubled each time). */
export const backoffBaseMs = 1000;
/** Last ceiling of the reconnect delay. */
export const backoffMsMax = 60_000;
/** A session that lasted so long makes the next reconnect delay start small again. */
export const sessionSettledMs = 30_000;
/** Longest delay that a server may tell: a wrong value must not silence an agent for good. */
export const toldDelayMsMax = 10 * 60 * 1000;
/** A stream without a Welcome for so long is given up: a handshake at storm time takes seconds, not more. */
export const welcomeTimeoutMs = 10_000;
/** The server is gone after so many heartbeat intervals without a frame. */
export const missedHeartbeatsMax = 3;
/** Shortest heartbeat interval that a server may ask for: bounds the messages of an idle stream. */
export const heartbeatMsMin = 100;
/** Longest heartbeat interval that a server may ask for: HEARTBEAT_INTERVAL's bound. */
export const heartbeatMsMax = 3_600_000;
/** A tick so late, or a loop delay so long, is a stall of our own: what the server sent may wait unread in the socket. */
export const loopStallMs = 1000;
/** How long an agent finishes its batches after Drain before it closes the stream itself. */
export const drainMsMax = 10_000;
/** How long a graceful close may take before the stream is dropped. */
export const closeMsMax = 5000;
/** How long the last flush and goodbye of a stopping agent may take. */
export const stopMsMax = 2000;
/** Closes with INVALID_ARGUMENT that one batch may cause before a gap takes its place. */
export const batchRejectionsMax = 2;
/** Server times that the clock estimate looks back on: one late heartbeat does not move it. */
export const clockSamplesMax = 8;

// Probes (agent/probe)

/** Probes in flight: 680 dead targets a second with the mesh's timeout of 1.5 s, at about 10 KB a socket. */
export const probesInFlightMax = 1024;
/** Probes started in one tick: bounds how long a tick holds the event loop. */
export const probeStartsPerTickMax = 64;
/** Shortest time between two ticks; probes that are due together share a wake-up, which costs more than they do. */
export const probeTickMs = 10;
/** A probe that is later than this is skipped and counted: catching up after a stall would be a burst. */
export const probeLatenessMsMax = 1000;
/** A time-out so late says that the event loop was held: the attempt goes on for what it lost, at most its time-out. */
export const attemptLateMs = 50;
/** A target new in a plan is probed within so long, spread by its name. */
export const probeFirstMsMax = 5000;
/** Part of that time for each new target: a few are probed at once, as somebody may be waiting for the first matrix. */
export const probeFirstEachMs = 100;
/** Echo requests of one family in flight: four times the probes, as runs come on top; a power of two. */
export const echoesInFlightMax = 4096;
/** How often the native engine reads what waits: the kernel has stamped it, so late reading costs no accuracy. */
export const nativeTickMs = 10;
/** Shortest time between two connections to one sshd, which penalises sources that never authenticate (OpenSSH 9.8). */
export const sshProbeGapMsMin = 30_000;
/** Longest timeout of a probe: the contract's bound. */
export const probeTimeoutMsMax = 60_000;
/** Bytes of a name to look up: RFC 1035, 2.3.4. */
export const hostNameBytesMax = 253;
/** Bytes of the path of a GET: the contract's bound. */
export const httpPathBytesMax = 1024;
/** Bytes of the UID that a target must state: the contract's bound. */
export const expectPodUidBytesMax = 64;
/** Bytes of an HTTP answer's body that are read: an identity is a few hundred, and the rest says nothing new. */
export const httpBodyBytesMax = 64 * 1024;
/** Bytes of an HTTP answer's header: more is not a health endpoint. */
export const httpHeaderBytesMax = 8 * 1024;
/** Servers of resolv.conf that are asked: as the C library does. */
export const dnsServersMax = 3;
/** Search domains of resolv.conf that are tried: Kubernetes' own bound. */
export const dnsSearchMax = 32;
/** Bytes of resolv.conf that are read. */
export const resolvConfBytesMax = 64 * 1024;
/** Addresses of a name that are kept of an answer. */
export const dnsAddressesMax = 64;
/** Addresses of a name that a TCP probe connects to. */
export const tcpAddressesMax = 8;
/** Probes of one on-demand run at once: more would measure each other. */
export const runProbesAtOnceMax = 4;

// Responder (agent/responder)

/** Connections at once: probes last milliseconds, so this serves thousands a second. */
export const responderConnectionsMax = 512;
/** Connections of one source at once: a fleet behind one translated address still fits, a single host cannot take all. */
export const responderConnectionsPerSourceMax = 64;
/** How long a connection may take for one request and its answer, header and slow reading included, in ms. */
export const responderExchangeMsMax = 10_000;
/** How long a connection may be idle between two requests, in ms. */
export const responderIdleMsMax = 5000;
/** Requests on one connection: probes use one, a scraper a few. */
export const responderRequestsPerConnectionMax = 100;
/** Bytes of a request's header: probes send 150. */
export const responderHeaderBytesMax = 8 * 1024;
/** Bytes that /echo adds behind its JSON line: the contract's bound. */
export const responderEchoBodyBytesMax = 1024 * 1024;
/** Bytes that a raw TCP echo sends back: the contract's bound. */
export const responderTcpEchoBytesMax = 64 * 1024;
/** Addresses that one responder listens on: CAUSEWAY_BIND's own bound. */
export const responderAddressesMax = 8;
/** UDP packets a second from one source: 1000 agents behind one translated address send 100. */
export const responderUdpPerSourceRate = 500;
/** UDP packets that one source may send at once. */
export const responderUdpPerSourceBurst = 1000;
/** UDP packets a second from all sources: half a core. */
export const responderUdpRate = 10_000;
/** UDP sources that are remembered; the one seen longest ago makes room. */
export const responderUdpSourcesMax = 4096;
/** Bytes of a UDP packet that is reflected: a jumbo frame. */
export const responderUdpPacketBytesMax = 9000;
/** Free ports that are tried for TCP and UDP alike when the system is to choose. */
export const responderBindAttemptsMax = 10;
/** HTTP/2 ping when the server was silent for so long. */
export const linkPingEveryMs = 20_000;
/** Answer to that ping; the server is gone without it. */
export const linkPingMsMax = 10_000;
/** Shortest time between two ticks of the core: deadlines that are close together share one. */
export const loopTickMsMin = 10;
/** Longest time between two ticks of the core: a late one tells how long the event loop was held. */
export const loopTickMsMax = 250;
/** How often the token file is read: rotated tokens overlap by minutes. */
export const tokenCheckEveryMs = 5_000;
