import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { connect } from "node:tls";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../common/logger.js";
import { MeshService } from "../../gen/causeway/v1/mesh_pb.js";
import { watchTlsFiles } from "../../server/rpc/tls-files.js";
import {
  createTestFiles,
  type KeyPair,
  makeCa,
  makeCertificate,
  type TestFiles,
} from "../support/certificates.js";
import { type FakePort, openFakePort } from "../support/query-port.js";
import { request1, request2 } from "../support/raw-http.js";
import { waitFor } from "../support/wait.js";

/** Goal: the query port over TLS, and certificates that change while it runs. Method: real certificates from real files. */

let ca: KeyPair;
let files: TestFiles;
let port: FakePort;
let stop: () => void;
const warnings: string[] = [];
const logger = {
  ...silentLogger,
  warn: (fields: object, message: string) =>
    void warnings.push(`${message} ${JSON.stringify(fields)}`),
};

beforeAll(async () => {
  ca = await makeCa("test");
  files = await createTestFiles();
  const first = await makeCertificate(ca, { commonName: "first" });
  const certPath = await files.write("tls.crt", first.cert);
  const keyPath = await files.write("tls.key", first.key);
  let setTls: (material: { cert: Buffer; key: Buffer }) => void = () => undefined;
  const watched = await watchTlsFiles({
    certPath,
    keyPath,
    logger,
    everyMs: 10,
    onChange: (material) => setTls(material),
  });
  port = await openFakePort({ tls: watched.current, times: { handshakeMs: 300 } });
  setTls = (material) => port.listener.setTls(material);
  stop = () => watched.stop();
});
afterAll(async () => {
  stop();
  await port.listener.close(1_000);
  await files.remove();
});

/** Common name of the certificate that a new connection is shown. */
const shownName = async (): Promise<string | undefined> => {
  const socket = connect({
    host: "127.0.0.1",
    port: port.listener.port,
    ca: ca.cert,
    ALPNProtocols: ["http/1.1"],
  });
  await once(socket, "secureConnect");
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return Array.isArray(name) ? name[0] : name;
};

describe("the query port over TLS", () => {
  it("serves HTTP/1.1 and HTTP/2", async () => {
    const plain = await request1(port.url, { path: "/v1/agents/a", ca: ca.cert });
    expect(plain.status).toBe(200);
    const second = await request2(port.url, { path: "/v1/agents/a", ca: ca.cert });
    expect(second.status).toBe(200);
    await expect(request1(port.url, { path: "/readyz" })).rejects.toThrow();
  });

  it("serves gRPC", async () => {
    const sessions = new Http2SessionManager(port.url, undefined, { ca: ca.cert });
    try {
      const transport = createGrpcTransport({ baseUrl: port.url, sessionManager: sessions });
      const agent = await createClient(MeshService, transport).getAgent({ agentId: "a" });
      expect(agent.agentId).toBe("a");
    } finally {
      sessions.abort();
    }
  });

  it("drops a connection that does not shake hands", async () => {
    const socket = net.connect({ host: "127.0.0.1", port: port.listener.port });
    socket.on("error", () => undefined).resume();
    await new Promise((resolve) => socket.once("close", resolve));
  });

  it("shows new connections a new certificate and keeps open ones", async () => {
    expect(await shownName()).toBe("first");
    const session = http2.connect(port.url, { ca: ca.cert });
    await once(session, "connect");
    const second = await makeCertificate(ca, { commonName: "second" });
    await files.write("tls.crt", second.cert);
    await waitFor("the half-changed pair to be refused", () =>
      warnings.some((text) => text.includes("the key is not the certificate's")),
    );
    expect(await shownName()).toBe("first");
    await files.write("tls.key", second.key);
    await waitFor("the new certificate", async () => (await shownName()) === "second");
    expect(session.closed).toBe(false);
    const answer = session.request({ ":path": "/readyz" });
    const [headers] = (await once(answer, "response")) as [http2.IncomingHttpStatusHeader];
    expect(headers[":status"]).toBe(200);
    session.destroy();
  });

  it("refuses a certificate where it serves plaintext", async () => {
    const plain = await openFakePort();
    const { cert, key } = await makeCertificate(ca, { commonName: "x" });
    const material = { cert: Buffer.from(cert), key: Buffer.from(key) };
    expect(() => plain.listener.setTls(material)).toThrow("plaintext");
    await plain.listener.close(1_000);
  });
});
