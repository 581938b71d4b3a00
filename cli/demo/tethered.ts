import { connect } from "node:net";

// Loaded by `node --import` into every process that belongs to a demo. The process holds a connection to the demo and
// ends when that breaks: so nothing is left running, however the demo ended, kill -9 included.

const path = process.env["CAUSEWAY_DEMO_TETHER"];
const endMs = 3000;

if (path !== undefined && path !== "") {
  const socket = connect(path);
  socket.unref();
  socket.on("connect", () => {
    const hello = { name: process.env["CAUSEWAY_DEMO_NAME"] ?? "", pid: process.pid };
    socket.write(`${JSON.stringify(hello)}\n`);
  });
  // "close" follows and does what has to be done.
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(1), endMs).unref();
  });
  socket.resume();
}
