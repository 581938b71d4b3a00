import { randomBytes } from "node:crypto";
import { ipBatch, runCommand } from "./commands.js";
import { LabHost } from "./lab-host.js";

/** Names of namespaces: whose lab it is, which one of the process, and the host. */
const nameOf = /^cwlab-(\d+)-[0-9a-f]{4}-/;

/** A network of hosts in namespaces of their own, joined by links. Everything of it goes with `close`. */
export class Lab {
  readonly #prefix = `cwlab-${process.pid}-${randomBytes(2).toString("hex")}`;
  readonly #hosts: LabHost[] = [];
  #links = 0;

  /** An empty network. What labs of processes that are gone have left behind is taken down first. */
  constructor() {
    sweepLabs();
  }

  /** A host with loopback up; a router forwards. */
  host(name: string, { forwards = false }: { readonly forwards?: boolean } = {}): LabHost {
    const namespace = `${this.#prefix}-${name}`;
    ipBatch([`netns add ${namespace}`]);
    ipBatch(["link set lo up"], namespace);
    const host = new LabHost(name, namespace);
    this.#hosts.push(host);
    // Without duplicate address detection an IPv6 address is there at once.
    const settings = ["net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0"];
    const forwarding = ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"];
    host.sysctl([...settings, ...(forwards ? forwarding : [])]);
    return host;
  }

  /** Joins two hosts by a veth pair; addresses are CIDRs of the interface at that end. */
  link(
    [one, oneAddresses]: readonly [LabHost, readonly string[]],
    [other, otherAddresses]: readonly [LabHost, readonly string[]],
  ): readonly [string, string] {
    this.#links++;
    const [a, b] = [`l${this.#links}a`, `l${this.#links}b`];
    ipBatch([
      `link add ${a} netns ${one.namespace} type veth peer name ${b} netns ${other.namespace}`,
    ]);
    for (const [host, device, addresses] of [
      [one, a, oneAddresses],
      [other, b, otherAddresses],
    ] as const) {
      const lines = addresses.map((address) => `addr add ${address} dev ${device}`);
      ipBatch([...lines, `link set ${device} up`], host.namespace);
    }
    return [a, b];
  }

  /** Joins hosts by a bridge, each with its addresses; their devices, in order. */
  bridge(
    name: string,
    members: readonly (readonly [LabHost, readonly string[]])[],
  ): readonly string[] {
    const bridge = this.host(name);
    bridge.ip("link add bridge type bridge", "link set bridge up");
    return members.map((member) => {
      const [device, port] = this.link(member, [bridge, []]);
      bridge.ip(`link set ${port} master bridge`);
      return device;
    });
  }

  /** Ends what runs in the hosts and removes them; links go with their hosts. */
  close(): void {
    for (const host of this.#hosts) host.stop();
    removeNamespaces(this.#hosts.map(({ namespace }) => namespace));
    this.#hosts.length = 0;
  }
}

/** Namespaces of labs that are there now, of any process. */
export const labNamespaces = (): readonly string[] =>
  runCommand(["ip", "netns", "list"])
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "")
    .filter((name) => nameOf.test(name));

/** Takes down labs whose process is gone. */
export const sweepLabs = (): void => {
  const left = labNamespaces().filter((name) => !isAlive(Number(nameOf.exec(name)?.[1])));
  removeNamespaces(left);
};

/**
 * Ends what still runs in namespaces and removes them. Another process may sweep at the same time: what is gone already is no
 * fault.
 */
const removeNamespaces = (namespaces: readonly string[]): void => {
  for (const namespace of namespaces) {
    try {
      for (const pid of runCommand(["ip", "netns", "pids", namespace]).split("\n")) {
        if (pid !== "" && isAlive(Number(pid))) process.kill(Number(pid), "SIGKILL");
      }
      ipBatch([`netns del ${namespace}`]);
    } catch (error) {
      if (labNamespaces().includes(namespace)) throw error;
    }
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};
