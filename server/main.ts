import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Environment } from "../common/config-load.js";
import { createLogger, type Logger } from "../common/logger.js";
import { loadServerConfig } from "./config.js";
import { startServer } from "./start-server.js";

/**
 * Runs the server until it is told to stop; resolves to the exit code: 0 stopped, 1 a failure such as a taken port, 2 wrong
 * configuration.
 */
export const runServer = async (argv: readonly string[], env: Environment): Promise<number> => {
  const start = loadServerConfig(argv, env);
  if (start.kind === "exit") {
    process.stdout.write(start.stdout);
    process.stderr.write(start.stderr);
    return start.code;
  }
  const { config } = start;
  const logger = createLogger(config.logLevel);
  const crashed = onCrash(logger);
  const signals = onSignals();
  const server = await startServer({
    config,
    logger,
    serverEpoch: randomBytes(16).toString("hex"),
    lang: langOf(env),
    print: (text) => void process.stdout.write(text),
  });
  if (server.kind === "failed") {
    process.stderr.write(`causeway server: ${server.why}\n`);
    signals.restore();
    crashed.restore();
    return server.code;
  }
  const signal = await signals.first;
  logger.info({ signal }, "stopping");
  await server.stop();
  logger.info({}, "stopped");
  signals.restore();
  crashed.restore();
  return 0;
};

/** Language of the report on the console: Chinese where the locale says so. */
const langOf = (env: Environment): "en" | "zh" => {
  const locale = [env["LC_ALL"], env["LC_MESSAGES"], env["LANG"]].find(
    (value) => value !== undefined && value !== "",
  );
  return locale?.toLowerCase().startsWith("zh") === true ? "zh" : "en";
};

/** The first signal stops in good order, the second at once. */
const onSignals = (): { readonly first: Promise<string>; readonly restore: () => void } => {
  let resolveFirst: (signal: string) => void = () => undefined;
  const first = new Promise<string>((resolve) => {
    resolveFirst = resolve;
  });
  let seen = 0;
  const handle = (signal: NodeJS.Signals): void => {
    seen += 1;
    if (seen > 1) process.exit(1);
    resolveFirst(signal);
  };
  process.on("SIGTERM", handle);
  process.on("SIGINT", handle);
  return {
    first,
    restore: () => {
      process.off("SIGTERM", handle);
      process.off("SIGINT", handle);
    },
  };
};

/** A bug ends the process: whoever watches it starts it again, and agents resume. */
const onCrash = (logger: Logger): { readonly restore: () => void } => {
  const handle = (error: unknown): void => {
    const stack = error instanceof Error ? error.stack : String(error);
    logger.error({ error: stack }, "bug, the process ends");
    process.exit(1);
  };
  process.on("uncaughtException", handle);
  return { restore: () => process.off("uncaughtException", handle) };
};

const isMain = (): boolean => {
  const script = process.argv[1];
  return script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url);
};

if (isMain()) process.exitCode = await runServer(process.argv.slice(2), process.env);
