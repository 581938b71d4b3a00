import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A process that holds on to the demo. */
export type Tethered = { readonly name: string; readonly pid: number };

/** The demo's end of the tethers. */
export type Tether = {
  /** Path of the socket, for CAUSEWAY_DEMO_TETHER. */
  readonly path: string;
  /** Processes that hold on now. */
  readonly held: () => readonly Tethered[];
  /** Cuts every tether, which ends the processes, and removes the socket. */
  readonly close: () => void;
};

const helloCharsMax = 1024;

/** Listens for processes that hold on; `onHeld` hears of each. */
export const createTether = (onHeld: (process: Tethered) => void): Promise<Tether> => {
  const folder = mkdtempSync(join(tmpdir(), "causeway-demo-"));
  const path = join(folder, "tether.sock");
  const sockets = new Set<Socket>();
  const held = new Map<Socket, Tethered>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      if (held.has(socket)) return;
      text += chunk.toString("utf8");
      const hello = parseHello(text);
      if (hello !== undefined) {
        held.set(socket, hello);
        onHeld(hello);
      } else if (text.length > helloCharsMax) socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      held.delete(socket);
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () =>
      resolve({
        path,
        held: () => [...held.values()],
        close: () => {
          server.close();
          for (const socket of sockets) socket.destroy();
          rmSync(folder, { recursive: true, force: true });
        },
      }),
    );
  });
};

const parseHello = (text: string): Tethered | undefined => {
  if (!text.endsWith("\n")) return undefined;
  try {
    const hello: unknown = JSON.parse(text);
    return isTethered(hello) ? { name: hello.name, pid: hello.pid } : undefined;
  } catch {
    return undefined;
  }
};

const isTethered = (value: unknown): value is Tethered =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "pid" in value &&
  Number.isSafeInteger(value.pid);
