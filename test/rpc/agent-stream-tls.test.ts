import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../common/logger.js";
import { agentHandshakesMax, agentTokensMax, authenticationsMax } from "../../server/limits.js";
import { createAuthenticator } from "../../server/rpc/authenticator.js";
import { createCertificateAuthenticator } from "../../server/rpc/authenticator-certificate.js";
import { createTokenAuthenticator } from "../../server/rpc/authenticator-token.js";
import { createBoundedAuthentication } from "../../server/rpc/bounded-authentication.js";
import { watchTlsFiles } from "../../server/rpc/tls-files.js";
import { helloOf } from "../support/agent-messages.js";
import {
  createTestLink,
  openAgentPort,
  type TestLink,
  type TestPort,
} from "../support/agent-port.js";
import {
  createTestFiles,
  type KeyPair,
  makeCa,
  makeCertificate,
  type TestFiles,
} from "../support/certificates.js";
import { waitFor } from "../support/wait.js";

const watchEveryMs = 20;
const ports: TestPort[] = [];
const links: TestLink[] = [];
const stops: (() => void)[] = [];
let files: TestFiles;
let ca: KeyPair;
let paths: Record<"ca" | "cert" | "key" | "otherCa", string>;

beforeAll(async () => {
  files = await createTestFiles();
  ca = await makeCa("Test CA");
  const server = await makeCertificate(ca, { commonName: "server one" });
  paths = {
    ca: await files.write("ca.pem", ca.cert),
    otherCa: await files.write("other-ca.pem", (await makeCa("Other CA")).cert),
    cert: await files.write("server.pem", server.cert),
    key: await files.write("server.key", server.key),
  };
});

afterAll(() => files?.remove());

afterEach(async () => {
  for (const { link } of links.splice(0)) link.dispose();
  for (const { listener } of ports.splice(0)) await listener.close(0);
  for (const stop of stops.splice(0)) stop();
});

/** A port as main would open it: TLS by files, and these ways to authenticate. */
const openTlsPort = async (
  auth: { readonly certificates?: boolean; readonly tokenFile?: string },
  certPaths: { readonly cert: string; readonly key: string } = paths,
): Promise<TestPort> => {
  let setTls: TestPort["listener"]["setTls"] = () => undefined;
  const tls = await watchTlsFiles({
    certPath: certPaths.cert,
    keyPath: certPaths.key,
    ...(auth.certificates === true ? { caPath: paths.ca } : {}),
    logger: silentLogger,
    everyMs: watchEveryMs,
    onChange: (material) => setTls(material),
  });
  const adapters = [];
  if (auth.certificates === true) adapters.push(createCertificateAuthenticator());
  if (auth.tokenFile !== undefined) {
    const tokens = { path: auth.tokenFile, logger: silentLogger, everyMs: watchEveryMs };
    adapters.push(await createTokenAuthenticator(tokens));
  }
  const authenticator = createAuthenticator(adapters);
  const port = await openAgentPort({ tls: tls.current, authenticator });
  setTls = (material) => port.listener.setTls(material);
  ports.push(port);
  stops.push(
    () => tls.stop(),
    () => authenticator.stop(),
  );
  return port;
};

const openLink = (...args: Parameters<typeof createTestLink>): TestLink => {
  const link = createTestLink(...args);
  links.push(link);
  link.link.open();
  return link;
};

const writeClient = async (
  name: string,
  ...[by, options]: Parameters<typeof makeCertificate>
): Promise<{ tlsCert: string; tlsKey: string }> => {
  const made = await makeCertificate(by, options);
  return {
    tlsCert: await files.write(`${name}.pem`, made.cert),
    tlsKey: await files.write(`${name}.key`, made.key),
  };
};

describe("TLS on the agent port", () => {
  it("is trusted by the server's CA and by no other, by address and by name", async () => {
    const port = await openTlsPort({});
    openLink(port.listener.port, { tls: true, ca: paths.ca });
    await port.next("opened", 0);
    openLink(port.listener.port, { tls: true, ca: paths.ca }, { host: "localhost" });
    await port.next("opened", 1);
    const wary = openLink(port.listener.port, { tls: true, ca: paths.otherCa });
    expect(await wary.closed()).toMatchObject({ code: "unavailable" });
    const plain = openLink(port.listener.port);
    expect(await plain.closed()).toMatchObject({ code: "unavailable" });
  });

  it("renews its certificate without dropping streams", async () => {
    const first = await makeCertificate(ca, { commonName: "first" });
    const cert = await files.write("renewed.pem", first.cert);
    const key = await files.write("renewed.key", first.key);
    const port = await openTlsPort({}, { cert, key });
    const link = openLink(port.listener.port, { tls: true, ca: paths.ca });
    const { stream } = await port.next("opened");
    const commonName = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connectTls(
          { port: port.listener.port, host: "127.0.0.1", ca: ca.cert, ALPNProtocols: ["h2"] },
          () => {
            resolve(String(socket.getPeerCertificate().subject.CN));
            socket.destroy();
          },
        );
        socket.once("error", reject);
      });
    expect(await commonName()).toBe("first");
    const second = await makeCertificate(ca, { commonName: "second" });
    // Between the two writes key and certificate do not fit: that must change nothing.
    await files.write("renewed.key", second.key);
    await files.write("renewed.pem", second.cert);
    await waitFor("the new certificate", async () => (await commonName()) === "second");
    port.listener.carryOut({ kind: "send", stream, message: { kind: "ack", seq: 1 } });
    expect(await link.message()).toEqual({ kind: "ack", seq: 1 });
    expect(link.events.some(({ kind }) => kind === "closed")).toBe(false);
  });

  it("refuses peers that do not speak HTTP/2, and counts broken handshakes", async () => {
    const port = await openTlsPort({});
    const socket = connectTls({ port: port.listener.port, host: "127.0.0.1", ca: ca.cert });
    socket.on("error", () => undefined);
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    const garbage = connect(port.listener.port, "127.0.0.1");
    garbage.on("error", () => undefined);
    garbage.resume();
    garbage.write("GET / HTTP/1.1\r\n\r\n");
    await new Promise((resolve) => garbage.once("close", resolve));
    await waitFor("both counts", () => port.counts.length === 2);
    expect(port.counts).toEqual([
      { name: "connections_refused", label: "no_http2" },
      { name: "connections_refused", label: "handshake_failed" },
    ]);
  });

  it("does agentHandshakesMax handshakes at once, the others wait their turn", async () => {
    expect(agentHandshakesMax).toBe(64);
    const tls = await watchTlsFiles({
      certPath: paths.cert,
      keyPath: paths.key,
      logger: silentLogger,
    });
    stops.push(() => tls.stop());
    const bounds = { handshakesMax: 1, handshakeMsMax: 300 };
    const port = await openAgentPort({ tls: tls.current, bounds });
    ports.push(port);
    const silent = connect(port.listener.port, "127.0.0.1");
    await waitFor("the silent peer", () => port.listener.connections === 1);
    openLink(port.listener.port, { tls: true, ca: paths.ca });
    await port.next("opened");
    expect(port.counts).toEqual([{ name: "connections_refused", label: "handshake_failed" }]);
    silent.destroy();
  });

  it("sends a peer away that waited too long for its handshake", async () => {
    const tls = await watchTlsFiles({
      certPath: paths.cert,
      keyPath: paths.key,
      logger: silentLogger,
    });
    stops.push(() => tls.stop());
    const bounds = { handshakesMax: 1, handshakeWaitMsMax: 100 };
    const port = await openAgentPort({ tls: tls.current, bounds });
    ports.push(port);
    const silent = connect(port.listener.port, "127.0.0.1");
    await waitFor("the silent peer", () => port.listener.connections === 1);
    const link = openLink(port.listener.port, { tls: true, ca: paths.ca });
    expect(await link.closed()).toMatchObject({ code: "unavailable" });
    expect(port.counts).toEqual([{ name: "connections_refused", label: "handshake_wait" }]);
    silent.destroy();
  });
});

describe("authentication by client certificate", () => {
  it.each([
    ["node:n1", [], "n1"],
    ["causeway:node:n1.example.org", [], "n1.example.org"],
    ["an agent", ["causeway:node:n2"], "n2"],
    ["an agent", ["spiffe://example.org/agent"], undefined],
  ])("binds %s with %j to the node %s", async (commonName, uris, node) => {
    const port = await openTlsPort({ certificates: true });
    const client = await writeClient("bound", ca, { commonName, uris });
    openLink(port.listener.port, { tls: true, ca: paths.ca, ...client });
    const { principal } = await port.next("opened");
    expect(principal).toMatchObject({ method: "certificate", name: commonName, node });
    expect(principal.expiresUnixMs).toBeGreaterThan(Date.now());
  });

  it("refuses no certificate, one of another CA, an expired one, and one of two nodes", async () => {
    const port = await openTlsPort({ certificates: true });
    const tls = { tls: true, ca: paths.ca };
    const none = openLink(port.listener.port, tls);
    expect(await none.closed()).toMatchObject({
      code: "unauthenticated",
      message: "no client certificate was shown",
    });
    const strange = await writeClient("strange", await makeCa("Strange CA"), {
      commonName: "node:n1",
    });
    expect(await openLink(port.listener.port, { ...tls, ...strange }).closed()).toMatchObject({
      code: "unauthenticated",
      message: expect.stringContaining("the client certificate does not count: "),
    });
    const old = await writeClient("old", ca, { commonName: "node:n1", expired: true });
    expect(await openLink(port.listener.port, { ...tls, ...old }).closed()).toMatchObject({
      code: "unauthenticated",
      message: "the client certificate does not count: CERT_HAS_EXPIRED",
    });
    const two = await writeClient("two", ca, { commonName: "node:n1", uris: ["node:n2"] });
    expect(await openLink(port.listener.port, { ...tls, ...two }).closed()).toMatchObject({
      code: "permission_denied",
      message: "the client certificate names several nodes: n1, n2",
    });
    expect(port.inputs).toEqual([]);
    expect(port.counts.map(({ label }) => label)).toEqual([
      "unauthenticated",
      "unauthenticated",
      "unauthenticated",
      "permission_denied",
    ]);
  });

  it("reads no message before it knows the peer", async () => {
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slow = {
      authenticate: async () => {
        await asked;
        return { kind: "refused", code: "permission_denied", why: "not you" } as const;
      },
      stop: () => undefined,
    };
    const port = await openAgentPort({ authenticator: createAuthenticator([slow]) });
    ports.push(port);
    const link = openLink(port.listener.port);
    link.send({ kind: "hello", hello: helloOf({ agentId: "n1.pod" }) });
    await waitFor("the connection", () => port.listener.connections === 1);
    answer();
    expect(await link.closed()).toMatchObject({ code: "permission_denied", message: "not you" });
    expect(port.inputs).toEqual([]);
  });

  it("asks authenticationsMax at once, within a time", async () => {
    const never = {
      authenticate: () => new Promise<never>(() => undefined),
      stop: () => undefined,
    };
    const authenticate = createBoundedAuthentication({
      authenticator: never,
      logger: silentLogger,
      authenticationMsMax: 50,
    });
    const credentials = {
      authorization: undefined,
      certificate: undefined,
      certificateProblem: undefined,
      remote: "test",
    };
    const answers = Array.from({ length: authenticationsMax + 1 }, () => authenticate(credentials));
    expect(await answers.at(-1)).toMatchObject({
      code: "unavailable",
      why: "too many agents are being authenticated",
    });
    expect(await answers[0]).toMatchObject({
      code: "unavailable",
      why: "authentication took too long",
    });
    await Promise.all(answers);
    expect(await authenticate(credentials)).toMatchObject({ why: "authentication took too long" });
  });
});

describe("authentication by shared token", () => {
  it("lets in who knows the token, and who knows a new one once the file changed", async () => {
    const tokenFile = await files.write("tokens", "old-secret\n");
    const port = await openTlsPort({ tokenFile });
    const mine = await files.write("my-token", "old-secret\n");
    const tls = { tls: true, ca: paths.ca, tokenFile: mine };
    const link = openLink(port.listener.port, tls);
    const { principal, stream } = await port.next("opened", 0);
    expect(principal).toMatchObject({ method: "token", node: undefined });

    await files.write("tokens", "new-secret\nold-secret\n");
    await files.write("my-token", "new-secret\n");
    await waitFor("the new token", async () => {
      const next = openLink(port.listener.port, tls);
      const end = await waitFor("an answer", () => {
        const closed = next.events.find((event) => event.kind === "closed");
        return closed ?? (port.inputs.length > 1 && "opened");
      });
      return end === "opened";
    });
    expect(link.events.some(({ kind }) => kind === "closed")).toBe(false);
    port.listener.carryOut({ kind: "reauthenticate", stream, token: "new-secret" });
    expect(await port.next("authenticated", 0)).toMatchObject({
      stream,
      principal: { method: "token" },
    });
    port.listener.carryOut({ kind: "reauthenticate", stream, token: "made-up" });
    expect(await port.next("authenticated", 1)).toMatchObject({
      principal: undefined,
      why: "the token is not known",
    });
  });

  it("refuses no token and a wrong one", async () => {
    const tokenFile = await files.write("tokens", "secret\n");
    const port = await openTlsPort({ certificates: true, tokenFile });
    const tls = { tls: true, ca: paths.ca };
    const none = openLink(port.listener.port, tls);
    expect(await none.closed()).toMatchObject({
      code: "unauthenticated",
      message: "no client certificate was shown; no bearer token was shown",
    });
    const wrong = openLink(port.listener.port, {
      ...tls,
      tokenFile: await files.write("wrong", "guess"),
    });
    expect(await wrong.closed()).toMatchObject({
      code: "unauthenticated",
      message: "the token is not known",
    });
  });

  it("wants a token in the file, at most agentTokensMax of them", async () => {
    const start = (path: string) => createTokenAuthenticator({ path, logger: silentLogger });
    await expect(start(await files.write("empty", "\n \n"))).rejects.toThrow("holds no token");
    const many = Array.from({ length: agentTokensMax + 1 }, (_, i) => `token-${i}`).join("\n");
    await expect(start(await files.write("many", many))).rejects.toThrow("more than 16 tokens");
  });

  it("is tried again when the agent's own file is missing for a moment", async () => {
    const port = await openTlsPort({});
    const link = openLink(port.listener.port, { tls: true, ca: `${paths.ca}.gone` });
    expect(await link.closed()).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("credentials cannot be read: ENOENT"),
    });
  });
});
