import { benchFanOut } from "./fan-out.js";
import { createFigures } from "./figures.js";
import { benchIngest } from "./ingest.js";
import { benchStorm } from "./storm.js";

/** Columnar ingest, plan fan-out and a reconnect storm; each against its peer in the same run. */
const figures = createFigures("stream");
await benchIngest(figures);
await benchFanOut(figures);
await benchStorm(figures);
figures.write();
