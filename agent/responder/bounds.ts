import {
  responderConnectionsMax,
  responderConnectionsPerSourceMax,
  responderExchangeMsMax,
  responderIdleMsMax,
  responderUdpPerSourceBurst,
  responderUdpPerSourceRate,
  responderUdpRate,
  responderUdpSourcesMax,
} from "../limits.js";

/** The limits of a responder that a test may want to reach sooner; see agent/limits.ts. */
export type ResponderLimits = {
  readonly connectionsMax: number;
  readonly connectionsPerSourceMax: number;
  readonly exchangeMsMax: number;
  readonly idleMsMax: number;
  readonly udpPerSourceRate: number;
  readonly udpPerSourceBurst: number;
  readonly udpRate: number;
  readonly udpSourcesMax: number;
};

/** What runs in production. */
export const defaultResponderLimits: ResponderLimits = {
  connectionsMax: responderConnectionsMax,
  connectionsPerSourceMax: responderConnectionsPerSourceMax,
  exchangeMsMax: responderExchangeMsMax,
  idleMsMax: responderIdleMsMax,
  udpPerSourceRate: responderUdpPerSourceRate,
  udpPerSourceBurst: responderUdpPerSourceBurst,
  udpRate: responderUdpRate,
  udpSourcesMax: responderUdpSourcesMax,
};
