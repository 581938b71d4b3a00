import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  type Answer,
  decode,
  encode,
  type Packet,
  streamEncode,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import type { DnsServer } from "../../agent/probe/resolver-config.js";
import { startTcpServer } from "./tcp-servers.js";

/** What a DNS server of a test says to a question; "silence" drops it, "truncated" sends the TC bit over UDP. */
export type DnsScript = (question: {
  readonly name: string;
  readonly type: string;
  readonly transport: "udp" | "tcp";
}) =>
  | { readonly rcode: number; readonly answers?: readonly Answer[] }
  | "silence"
  | "truncated"
  | "garbage";

/** A real DNS server on UDP and TCP of one port. */
export type TestDnsServer = DnsServer & {
  readonly asked: string[];
  readonly close: () => Promise<void>;
};

/** Starts one on a free port of 127.0.0.1. */
export const startDnsServer = async (script: DnsScript): Promise<TestDnsServer> => {
  const asked: string[] = [];
  const replyTo = (message: Buffer, transport: "udp" | "tcp"): Packet | "garbage" | undefined => {
    const query = decode(message);
    const question = query.questions?.[0];
    if (question === undefined) return undefined;
    const said = script({ name: question.name, type: question.type, transport });
    asked.push(`${transport} ${question.type} ${question.name}`);
    if (said === "silence") return undefined;
    if (said === "garbage") return "garbage";
    const header = { type: "response" as const, questions: [question], ...idOf(query) };
    if (said === "truncated") return { ...header, flags: TRUNCATED_RESPONSE };
    return { ...header, flags: said.rcode, answers: [...(said.answers ?? [])] };
  };
  const tcp = await startTcpServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const reply = replyTo(received.subarray(2), "tcp");
      if (reply === "garbage") socket.end(Buffer.from([0, 3, 1, 2, 3]));
      else if (reply !== undefined) socket.end(streamEncode(reply));
    });
  });
  const udp = createSocket("udp4");
  udp.on("message", (message, from) => {
    const reply = replyTo(message, "udp");
    if (reply === "garbage") udp.send(Buffer.from("not dns"), from.port, from.address);
    else if (reply !== undefined) udp.send(encode(reply), from.port, from.address);
  });
  udp.bind(tcp.port, "127.0.0.1");
  await once(udp, "listening");
  return {
    address: "127.0.0.1",
    port: tcp.port,
    asked,
    close: async () => {
      udp.close();
      await tcp.close();
    },
  };
};

const idOf = (query: Packet): { id?: number } => (query.id === undefined ? {} : { id: query.id });

/** An A record. */
export const recordA = (name: string, address: string): Answer => ({
  type: "A",
  name,
  data: address,
});
