import { createFigures } from "./figures.js";
import { benchIngest } from "./ingest.js";

const figures = createFigures("stream");
await benchIngest(figures);
figures.write();
