import { createSocket } from "node:dgram";
import { createServer, type Server } from "node:net";
import type { DemoPort } from "./plan.js";

/** Tries every port and lets it go; resolves to one sentence for each flag whose port cannot be had. */
export const portProblems = async (ports: readonly DemoPort[]): Promise<readonly string[]> => {
  const tried = await Promise.all(
    ports.map(async (port) => ({
      port,
      code: await (port.protocol === "tcp" ? tryTcp(port) : tryUdp(port)),
    })),
  );
  const failed = tried.filter(({ code }) => code !== undefined);
  const flags = [...new Set(failed.map(({ port }) => port.flag))];
  return flags.flatMap((flag) => {
    const those = failed.filter(({ port }) => port.flag === flag);
    const [first] = those;
    if (first === undefined) return [];
    const hosts = new Set(those.map(({ port }) => port.host)).size;
    return [portSentence(first.port, first.code ?? "", hosts - 1)];
  });
};

const portSentence = (port: DemoPort, code: string, others: number): string => {
  const more = others === 0 ? "" : ` and ${others} more address${others === 1 ? "" : "es"}`;
  const place = `Port ${port.port}/${port.protocol} on ${port.host}${more}`;
  const advice = `choose another port with ${port.flag} (${port.variable})`;
  switch (code) {
    case "EADDRINUSE":
      return `${place} is taken by another program, perhaps another demo: stop that one, or ${advice}.`;
    case "EACCES":
      return `${place} is not allowed for this user: ${advice}.`;
    case "EADDRNOTAVAIL":
      return `${place} cannot be had, because this machine has no address ${port.host}: add it to the loopback interface, or start fewer nodes with --nodes.`;
    default:
      return `${place} cannot be had (${code}): ${advice}.`;
  }
};

const codeOf = (error: Error): string =>
  "code" in error && typeof error.code === "string" ? error.code : error.message;

const tryTcp = async (port: DemoPort): Promise<string | undefined> => {
  try {
    await closeServer(await listenTcp(port));
    return undefined;
  } catch (error) {
    return error instanceof Error ? codeOf(error) : String(error);
  }
};

const tryUdp = (port: DemoPort): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", (error) => {
      socket.close();
      resolve(codeOf(error));
    });
    socket.bind(port.port, port.host, () => {
      socket.close(() => resolve(undefined));
    });
  });

/** Listens; every connection is accepted and closed, which is all that a probed port needs. */
export const listenTcp = (at: { readonly host: string; readonly port: number }): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.end();
      socket.resume();
    });
    server.once("error", reject);
    server.listen(at.port, at.host, () => resolve(server));
  });

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });
