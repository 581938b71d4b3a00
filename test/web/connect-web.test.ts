// A page with Connect-web clients in a real Chromium, from another origin than the server's.
import { accessSync, constants } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCluster, endPrograms, ensureBuilt, type TestCluster } from "../support/processes.js";

const browserPath = ["chromium", "chromium-browser", "google-chrome"]
  .map((name) => `/usr/bin/${name}`)
  .find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
if (browserPath === undefined) {
  console.warn(
    "SKIPPED: no Chromium at /usr/bin; install Debian's package `chromium` to run this tier",
  );
}

const html = `<!doctype html><meta charset="utf-8"><title>Causeway</title>
<h1>Causeway from a browser</h1>
<p>Connect: <b id="connect"></b></p><p>gRPC-Web: <b id="grpc-web"></b></p>
<p>Error: <b id="error"></b></p><p>Frames: <b id="frames"></b></p><pre id="matrix"></pre>
<script type="module" src="/page.js"></script>`;

/** Serves the page on an origin of its own. */
const servePage = async (): Promise<{ server: Server; origin: string }> => {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL("page.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    write: false,
  });
  const script = bundle.outputFiles[0]?.text ?? "";
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(isScript ? script : html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

describe.skipIf(browserPath === undefined)("a Connect-web page in Chromium", () => {
  let allowed: { server: Server; origin: string };
  let foreign: { server: Server; origin: string };
  let cluster: TestCluster;
  let browser: Browser;

  beforeAll(async () => {
    ensureBuilt();
    allowed = await servePage();
    foreign = await servePage();
    cluster = await createCluster();
    await cluster.startServer({ CAUSEWAY_CORS_ORIGINS: allowed.origin });
    cluster.startAgent(1);
    cluster.startAgent(2);
    await cluster.reached(1, "UP");
    await cluster.reached(2, "UP");
    browser = await chromium.launch({
      executablePath: browserPath ?? "",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
    });
  });

  afterAll(async () => {
    await browser?.close();
    await endPrograms();
    for (const page of [allowed, foreign]) page?.server.close();
  });

  const open = async (origin: string): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(`${origin}/?server=${encodeURIComponent(cluster.url)}`);
    return page;
  };

  it("lists agents by Connect and by gRPC-Web, reads errors, and sees the matrix change", async () => {
    const page = await open(allowed.origin);
    await page.waitForFunction(
      () =>
        Number(document.getElementById("frames")?.textContent) >= 2 &&
        document.getElementById("grpc-web")?.textContent !== "" &&
        document.getElementById("connect")?.textContent !== "" &&
        document.getElementById("matrix")?.textContent !== "",
      undefined,
      { timeout: 60_000 },
    );
    expect(await page.textContent("#connect")).toBe("node-1.pod node-2.pod");
    expect(await page.textContent("#grpc-web")).toBe("node-1.pod node-2.pod");
    expect(await page.textContent("#error")).toContain("[not_found]");
    expect(await page.textContent("#matrix")).toMatch(/node-[12]\.pod to /);
    const shot = process.env["CAUSEWAY_WEB_SCREENSHOT"];
    if (shot !== undefined) await page.screenshot({ path: shot });
    await page.close();
  });

  it("is refused for an origin that is not listed", async () => {
    const page = await open(foreign.origin);
    await page.waitForFunction(
      () => document.getElementById("connect")?.textContent?.startsWith("error:") === true,
    );
    expect(await page.textContent("#connect")).toContain("Failed to fetch");
    expect(await page.textContent("#grpc-web")).toMatch(/^(error:.*)?$/);
    await page.close();
  });
});
