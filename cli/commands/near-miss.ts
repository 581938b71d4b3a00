import { Code, ConnectError } from "@connectrpc/connect";
import { nearMiss } from "../../common/config.js";
import { CliError } from "../exit.js";
import type { MeshClient } from "../rpc/client.js";

/**
 * Runs a call that names agents, nodes or pods; when the server does not know one, adds the known name that was probably
 * meant.
 */
export const withNearMiss = async <T>(
  client: MeshClient,
  names: readonly string[],
  call: () => Promise<T>,
): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof CliError) || !isUnknownName(error)) throw error;
    if (error.message.includes("did you mean")) throw error;
    const known = await knownNames(client);
    const hint = names
      .filter((name) => !known.includes(name))
      .map((name) => nearMiss(name, known))
      .join("");
    const all = hint === "" ? "; `causeway agents` lists what is known" : hint;
    throw new CliError(error.exitCode, `${error.message}${all}`, { cause: error });
  }
};

const isUnknownName = ({ cause }: CliError): boolean =>
  cause instanceof ConnectError && cause.code === Code.NotFound;

const knownNames = async (client: MeshClient): Promise<readonly string[]> => {
  const agents = await client.listAgents().catch(() => undefined);
  return (agents?.value ?? []).flatMap((agent) => [
    agent.agentId,
    agent.node,
    `node/${agent.node}`,
    agent.pod,
  ]);
};
