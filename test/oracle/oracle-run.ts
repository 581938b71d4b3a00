import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { compareFolder, type FolderResult } from "./compare-folder.js";
import { type Expectations, findExpectations } from "./folders.js";
import { folderOfList, generate, generatedLists, hasPython } from "./generated.js";
import { compareWithPeer, hasPeer, peerSizes, sizeName } from "./peer.js";
import { differenceLines, passedOverLine, summaryLines } from "./report.js";

/** What a run needs from outside. */
export type OracleContext = {
  /** Where the data lies that comes beside the repository: `netpol`, and `generated` with the generator. */
  readonly shared: string;
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
};

/** One run over folders; its words are those of the command line. */
export class OracleRun {
  readonly #context: OracleContext;
  readonly #results: FolderResult[] = [];
  #isUsable = true;

  constructor(context: OracleContext) {
    this.#context = context;
  }

  /** Compares and prints. The exit code: 0 no folder differs, 1 one does, 2 wrong use. */
  async run(words: readonly string[]): Promise<0 | 1 | 2> {
    try {
      await this.#compareAll(words);
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error));
    }
    for (const line of summaryLines(this.#results)) this.#context.print(line);
    if (!this.#isUsable) return 2;
    return this.#results.some(({ differences }) => differences.length > 0) ? 1 : 0;
  }

  async #compareAll(words: readonly string[]): Promise<void> {
    if (words[0] === "--peer") return this.#comparePeer(words.slice(1));
    const option = words.find((word) => word.startsWith("-"));
    if (option !== undefined) {
      return this.#refuse(`${option}: no such option; the only one is --peer, as the first word`);
    }
    const netpol = join(this.#context.shared, "netpol");
    if (words.length === 0 && !existsSync(netpol)) {
      return this.#skip("../shared/oracle/netpol is not there: nothing was compared");
    }
    for (const path of words.length > 0 ? words : [netpol]) await this.#compareRoot(path);
  }

  async #compareRoot(path: string): Promise<void> {
    const root = resolve(path);
    const expectations = findExpectations(root);
    if (expectations !== undefined) return this.#compareStated(expectations);
    const lists = generatedLists(root);
    if (lists.length > 0) return this.#compareGenerated(root, lists);
    this.#refuse(
      `${path}: ${existsSync(root) ? "nothing is expected here" : "no such folder"}; give a folder with tests/NAME/ and ` +
        "test_outputs/connlist/NAME_KIND_output.FORMAT, or one with NAME.connlist.txt beside NAME/ or gen_manifests.py",
    );
  }

  async #compareStated({ folders, passedOver }: Expectations): Promise<void> {
    const restricted: string[] = [];
    for (const folder of folders.filter(({ files }) => files.length > 0)) {
      const result = await compareFolder(folder);
      restricted.push(...result.passedOver);
      this.#take(result);
    }
    const unasked = folders.filter(({ files }) => files.length === 0).map(({ name }) => name);
    this.#skipNames("folders of which nothing is expected", unasked);
    this.#skipNames("files restricted to what the folder does not have", restricted);
    this.#skipNames("files of no folder, or of a kind or format that is not read", passedOver);
  }

  async #compareGenerated(root: string, lists: readonly string[]): Promise<void> {
    for (const list of lists) {
      const made = folderOfList(root, list);
      if (made === undefined) {
        this.#skip(`${list}: python3, which makes its folder, is not on the PATH`);
        continue;
      }
      try {
        this.#take(await compareFolder(made.folder));
      } finally {
        made.remove();
      }
    }
  }

  /** Folders of manifests that are given, else generated ones of many sizes. */
  async #comparePeer(folders: readonly string[]): Promise<void> {
    if (!hasPeer()) return this.#skip("netpolicy is not on the PATH");
    for (const folder of folders) {
      if (existsSync(folder)) await this.#askPeer(folder, folder);
      else this.#refuse(`${folder}: no such folder; give a folder of manifests`);
    }
    if (folders.length > 0) return;
    const generator = join(this.#context.shared, "generated/gen_manifests.py");
    if (!existsSync(generator) || !hasPython()) {
      return this.#skip(
        "../shared/oracle/generated/gen_manifests.py and python3 are needed to make folders",
      );
    }
    for (const size of peerSizes) {
      const made = generate(generator, size);
      try {
        await this.#askPeer(sizeName(size), made.path);
      } finally {
        made.remove();
      }
    }
  }

  async #askPeer(name: string, path: string): Promise<void> {
    const answer = await compareWithPeer(name, path);
    if (answer.kind === "refused")
      return this.#skip(`${name}: the peer lists nothing: ${answer.why}`);
    this.#take(answer.result);
    const { pairs, ipCells } = answer.result;
    const word = answer.unsteady === 0 ? "" : `, ${answer.unsteady} in which its own runs differ`;
    this.#context.print(`${name}: ${pairs} pairs, ${ipCells} IP cells${word}`);
  }

  #take(result: FolderResult): void {
    this.#results.push(result);
    for (const line of differenceLines(result)) this.#context.print(line);
  }

  #skip(text: string): void {
    this.#context.print(`SKIPPED: ${text}`);
  }

  #skipNames(what: string, names: readonly string[]): void {
    const text = passedOverLine(what, names);
    if (text !== undefined) this.#skip(text);
  }

  #refuse(text: string): void {
    this.#context.printError(text);
    this.#isUsable = false;
  }
}
