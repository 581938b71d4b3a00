// Named bounds: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

// Ingest.

/** Batches that an agent may have sent without an acknowledgement: a full window of one-second acks at ten batches a second. */
export const windowBatchesMax = 16;

/** Bytes that an agent may have sent without an acknowledgement: a window of full batches. */
export const windowBytesMax = 524_288;

/** Records handed to the results log and not yet accepted, over all agents; credit shrinks well before and is 0 here. */
export const pendingAppendsMax = 4096;

/** Boots of one agent whose marks are kept: two processes that take turns under one name stay exactly once. */
export const bootsPerAgentMax = 4;

/** Agents whose marks are kept: a fleet of 10000 nodes with two planes. */
export const ingestAgentsMax = 20_000;

/** How far ahead of the server's clock a result may claim to be measured; later ones are set to the server's time. */
export const resultFutureMaxMs = 5_000;

/** How old a result may be: twice what a spool holds; older ones say that a clock was wrong, and become a gap. */
export const resultAgeMaxMs = 172_800_000;

/** Loop delay beyond which credit shrinks by one step: answers begin to feel it. */
export const loopDelayHighMs = 100;

/** Longest wait of an acknowledgement; with ticks four times a second it leaves within one second. */
export const ackDelayMaxMs = 500;

// Query port.

/** Bytes of one request message or REST body: 1 MiB, as interfaces promise; queries are far smaller. */
export const queryRequestBytesMax = 1 << 20;
/** Connections at once: beyond it new ones are dropped, so that one client cannot take all file descriptors. */
export const queryConnectionsMax = 1_000;
/** Calls at once on one HTTP/2 connection: a dashboard needs a handful. */
export const queryStreamsPerConnectionMax = 100;
/** How long a connection may take to show its protocol or to send its HTTP/1.1 headers, and a TLS handshake, in ms. */
export const queryHandshakeMsMax = 10_000;
/** How long a client may take to send a whole request, in ms; two-way streams aside. */
export const queryRequestMsMax = 30_000;
/**
 * How long an HTTP/1.1 connection may wait for its next request, in ms. Clients that ask every 5 s, and Prometheus every minute,
 * keep theirs; were it as long as their period, the connection would be closed just when the request is written.
 */
export const queryIdleMsMax = 75_000;
/**
 * How long a client may leave an answer unread that waits to be sent, in ms: a stopped reader would else hold its answer, and
 * a place among the watches, for ever. Readers over a slow line are not meant: whatever they take starts the time anew.
 */
export const queryStallMsMax = 60_000;
/** HTTP/2 ping of an idle connection, and how long its answer may take, in ms: finds peers that vanished. */
export const queryPingEveryMs = 20_000;
/** See queryPingEveryMs. */
export const queryPingMsMax = 10_000;
/** Chunks that an unfinished message may come in whatever its size; see frame-guard. */
export const frameGuardFreeChunks = 64;
/** Beyond the free ones, one chunk for so many bytes: real clients send kilobytes a chunk. */
export const frameGuardBytesPerChunk = 256;
/** Broken-up messages until the whole connection goes: one may be an odd proxy, three are an attack. */
export const frameGuardViolationsPerConnectionMax = 3;
/** How often certificate, key and token files are read for changes, in ms. */
export const watchedFileEveryMs = 1_000;
/** Bytes of a watched file: certificate bundles have some hundred KiB. */
export const watchedFileBytesMax = 1 << 20;
/** Tokens in a token file: every request is compared with each of them. */
export const apiTokensMax = 1_000;

// Interned ids.

/** Target keys of one epoch: six a node and agent of the largest fleet, with room for years of nodes that come and go. */
export const internedKeysMax = 262_144;

/** Those of them that only agents named, in batches from another epoch: the others are kept for plans. */
export const namedKeysMax = 65_536;

// Matrix.

/** Samples kept of one cell, a power of two: 10 minutes at the shortest interval, an hour of the 60-second probes. */
export const cellSamplesMax = 64;

/** Cells of the matrix, about 650 bytes each when full: 1000 nodes with 32 peers, 3 kinds and 2 planes. */
export const matrixCellsMax = 200_000;

/** Cells of one agent: what it makes up can't take the room of all others; a full mesh of 3000 nodes fits. */
export const matrixCellsPerAgentMax = 20_000;

// Agent port.

/** Connections on the agent port: 10000 agents and room for those that reconnect before their old one is gone. */
export const agentConnectionsMax = 12_000;

/** Connections from one address: a fleet behind one translated address still fits, one host cannot take all. */
export const agentConnectionsPerAddressMax = 2_048;

/** TLS handshakes at once: each takes 3 ms of CPU, so more in parallel would only all be late. */
export const agentHandshakesMax = 64;

/** Time for a TLS handshake, the wait for its turn not counted. */
export const agentHandshakeMsMax = 10_000;

/** Wait for a turn to shake hands; who waits longer comes back with its own back-off. */
export const agentHandshakeWaitMsMax = 15_000;

/** Streams on one connection: an agent needs one, and one more while it replaces it. */
export const agentStreamsPerConnectionMax = 4;

/** A connection without a stream is closed after so long. */
export const agentConnectionIdleMs = 30_000;

/** HTTP/2 ping when a connection was silent for so long. */
export const agentPingEveryMs = 20_000;

/** Answer to that ping; the peer is gone without it. */
export const agentPingMsMax = 10_000;

/** Messages a second that one stream may send on average; a busy agent sends ten. */
export const streamMessagesPerSecondMax = 500;

/** Messages that one stream may send at once: what a full spool replays between two acknowledgements. */
export const streamMessagesBurstMax = 1_000;

/** Bytes that count like one more message, so that large ones are held to 2 MiB a second; a batch of 100 has 1 KiB. */
export const streamBytesPerToken = 4_096;

/** Messages to one agent that wait to be written; a reader that is so far behind is disconnected. */
export const outboxMessagesMax = 256;

/** A reader that takes nothing for so long is disconnected. */
export const slowReaderMsMax = 20_000;

/** Streams that get a plan in one turn of the event loop: 1000 streams then block it for 2 ms at a time. */
export const planStreamsPerTurn = 100;

/** A stream that was told its status has so long to take it and to end. */
export const streamCloseMsMax = 5_000;

/** Time for the authenticator to answer. */
export const authenticationMsMax = 10_000;

/** Authentications at once; streams beyond are told to come back. */
export const authenticationsMax = 256;

/** Tokens in CAUSEWAY_TOKEN_FILE: the one in use and those that take over. */
export const agentTokensMax = 16;

/** Characters of a status message: trailers stay far below the header limit of every peer. */
export const statusTextCharsMax = 1_024;

// Agent sessions.

/** Agents that are listed, lost ones of the last day included: one server serves thousands, and a plan names them all. */
export const agentsListedMax = 5_000;
/** Streams that have not said Hello: a storm of a thousand agents, twice. */
export const streamsWithoutHelloMax = 2_000;
/** How long a stream may take to say Hello, in ms: one message after the open. */
export const helloMsMax = 10_000;
/** New sessions a second, for agents that are listed and, apart, for those that are not: what TLS costs two cores. */
export const sessionsPerSecondMax = 100;
/** Sessions admitted at once before the rate holds; a thousand agents are back after ten seconds. */
export const sessionsBurstMax = 100;
/** Longest turn that a refused agent is given, in ms: three thousand agents wait no longer. */
export const admissionWaitMsMax = 30_000;
/** Turns given out and not taken up: a full wait of both rates, and those whose agents come late. */
export const admissionTurnsMax = 12_000;
/** How long a turn is kept after it came, in ms: agents add up to a minute of their own jitter. */
export const admissionTurnMsMax = 75_000;
/** Time constant of the mean event-loop utilisation, in ms: one slow second is no load, ten are. */
export const loadMeanMs = 5_000;
/** Mean utilisation above which new sessions come at a lower rate: answers are late from 0.7 on. */
export const busyAbove = 0.65;
/** Mean utilisation below which the full rate holds again: far enough from the other so that it does not flap. */
export const busyBelow = 0.55;
/** Mean utilisation above which the server is not ready: the rest is for the sessions that it has. */
export const overloadedAbove = 0.8;
/** Mean utilisation below which it is ready again. */
export const overloadedBelow = 0.7;
/** How many times slower new sessions are admitted by a busy server. */
export const busySlowdown = 2;
/** The same by an overloaded one: not 0, so that everybody gets in however long it lasts. */
export const overloadedSlowdown = 4;
/** Share of the memory of the cgroup or machine that the process may hold before new agents are refused: replies need some. */
export const rssShareMax = 0.75;
/** Share of that limit below which they are let in again. */
export const rssBackShare = 0.9;
/** When an agent refused for memory is to ask again, in ms, give or take half: a collection or a leaver may have helped. */
export const memoryRetryMs = 20_000;
/** Times that a live session may be replaced within a window by the same boot: a flapping network. */
export const replacementsSameBootMax = 10;
/** Times that a live session may be replaced within a window by another boot: two processes under one name. */
export const replacementsOtherBootMax = 3;
/** The window of both, in ms. */
export const replacementWindowMs = 60_000;
/** How long a lost agent stays listed, in ms: 24 h. */
export const lostListedMsMax = 86_400_000;
/** Longest life of a session, in ms, give or take a tenth: credentials are checked anew and load moves. */
export const sessionAgeMsMax = 1_800_000;
/** How much longer a session may live when its age ends in an overloaded server, each time, in ms: it might not get back in. */
export const sessionAgeDelayMsMax = 180_000;
/** How long an agent has to leave after Drain, in ms: finish the batch, take the acknowledgements. */
export const drainGraceMs = 10_000;
/** The same when the server stops, in ms. */
export const stopGraceMs = 3_000;
/** How long agents are told to stay away when the server stops, at least, in ms: it takes so long to start again. */
export const drainReturnMsMin = 1_000;
/** Agents that are told to leave in one tick: keeps the loop free, and every listed agent hears it before the ports close. */
export const drainSlice = 500;
/** How long an agent may keep its stream after Goodbye, in ms: time for the last acknowledgements. */
export const goodbyeGraceMs = 5_000;
/** How long a session outlives its credential, in ms: a fresh one may be on its way. */
export const credentialGraceMs = 30_000;
/** Clock samples that a skew is taken from: queueing spoils some. */
export const clockSamplesMax = 8;
/** A pause between inputs that says the server itself stood still, in ms; ticks come four times a second. */
export const stallMs = 1_000;
/** Heartbeats after the start of the server in which nobody is called lost. */
export const startGraceHeartbeats = 3;

// Plans.

/** How long membership must be quiet before a plan is made, in ms: agents of one rollout come together. */
export const planQuietMs = 200;
/** How long a change may wait for quiet, in ms. */
export const planDelayMsMax = 5_000;
/** Plan groups: settings differ per rollout, not per agent. */
export const planGroupsMax = 16;
/** Snapshots kept of a group: what differences are made from; older bases get the whole plan. */
export const planHistoryMax = 4;
/** Pushes that wait for their answer, over all agents: bounds what is buffered; the largest number that istiod takes. */
export const pushesOutstandingMax = 100;
/** How long an agent may take to answer a push, in ms. */
export const planAnswerMsMax = 30_000;

// Runs on demand.

/** Runs at once on one agent. */
export const runsPerAgentMax = 4;
/** Runs at once over all agents. */
export const runsOpenMax = 256;
/** Longest wait for a run, in ms. */
export const runWaitMsMax = 120_000;

/** How often streams are looked at for readers that take nothing. */
export const streamChecksEveryMs = 1_000;

/** Rows that results are counted in for /metrics, each 15 to 30 series: 1000 nodes, 3 zones and kinds would be 9000. */
export const tallyRowsMax = 8192;

/** Agents that are gone and still have traces in other rows: they go at the next scrape, or when so many have gathered. */
export const goneAgentsMax = 256;

// Clients of /api/v1.

/** Such clients that are listed, lost ones included: one a node. */
export const legacyClientsMax = 5_000;

/** Results in one post: one for each node or pod. */
export const legacyResultsPerPostMax = 10_000;

/** Results kept of all of them, about 300 bytes each: 500 clients that probe each other's hosts and pods. */
export const legacyResultsMax = 500_000;

/** Ports in one result: the clients probe one. */
export const legacyPortsPerResultMax = 16;

/** How long a lost client stays listed, in ms: as long as a lost agent. */
export const legacyLostListedMs = 86_400_000;

// Queries.

/** Entries on one page of a list. */
export const pageSizeMax = 1_000;

/** Characters of a page token: it holds a name and a few filters. */
export const pageTokenCharsMax = 2_048;

/** Seconds that counts and percentiles reach back unless the query says otherwise. */
export const windowDefaultS = 60;

/** Seconds that counts and percentiles may reach back: further is history. */
export const windowMaxS = 3_600;

/** Meanings of an ambiguous name that an error lists. */
export const nameCandidatesMax = 5;

/** Names that a wrong one is compared with, to offer the nearest: comparing takes time. */
export const nearNamesMax = 2_000;

/** WatchMatrix calls at once: each looks through the whole matrix once a second. */
export const matrixWatchersMax = 64;

/** Milliseconds between two frames of WatchMatrix. */
export const watchFrameMinMs = 1_000;

/** Milliseconds after which WatchMatrix sends an empty frame: proxies close what is silent for longer. */
export const watchHeartbeatMs = 15_000;

/** Longest wait of one probe of a run, in ms. */
export const runTimeoutMaxMs = 60_000;

/** What a run may take beyond its probes' timeout, in ms: the way to the agent and back, and a busy event loop. */
export const runOverheadMs = 3_000;

/** Problems that a report lists; it says how many more there are. */
export const reportProblemsMax = 100;

// Metrics.

/** Nodes with gauges of their own in /metrics, four to six series each; the first by name. */
export const metricNodesMax = 2_000;

/** Pairs with a series of their own in /metrics: the worst. */
export const metricWorstPairsMax = 50;

/** Label values of one counter; further ones count as "other". */
export const metricLabelsMax = 100;

/** How long one rendering of /metrics is served again, in ms: it walks the whole matrix. */
export const metricsRenderedMs = 1_000;

// Control loop and process.

/** Time between two ticks of the control plane: four a second. */
export const controlTickMs = 250;

/** How finely the event loop's delay is watched: 50 wake-ups a second cost nothing to a server. */
export const loopDelayResolutionMs = 20;

/** Time for agents to finish and leave when the server stops; stopGraceMs and what the last of them takes. */
export const stopAgentsMsMax = 5_000;

/** Time for open calls and connections to end after that. */
export const stopConnectionsMsMax = 2_000;
