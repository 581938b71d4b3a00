/** Commands that have tables of settings of their own, which also print their help: the parser of the others never sees them. */
export const processCommands = {
  server: "run the server",
  agent: "run an agent",
  demo: "run a server and some agents on this machine",
} as const;
