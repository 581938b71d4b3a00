import type { FixAnswer } from "../../server/analyzer/answers.js";
import { unusedInputText } from "../../server/analyzer/unused-input.js";
import { type Block, tableBlock } from "./outline.js";
import { diffListing } from "./policy-diff.js";
import { askedText, countText, modelText, questionText } from "./policy-names.js";
import type { Tone } from "./style.js";

const words: Readonly<Record<string, readonly [string, Tone]>> = {
  "none-needed": ["nothing to do", "good"],
  manifest: ["fix", "good"],
  refused: ["no fix", "bad"],
};

/** The smallest change that lets A reach B, for reading: the manifest, its proof, what else it opens, the commands. */
export function* fixOutline(answer: FixAnswer): Iterable<Block> {
  const [word, tone] = words[answer.outcome] ?? [answer.outcome, "warn"];
  yield { kind: "verdict", word, tone, text: questionText(answer) };
  if (answer.reason !== "") yield { kind: "line", text: answer.reason };
  if (answer.manifest !== "") {
    yield { kind: "heading", text: "Manifest" };
    yield { kind: "code", language: "yaml", text: answer.manifest };
  }
  if (answer.after !== undefined) {
    yield { kind: "heading", text: "Proof" };
    const { verdict, walkthrough } = answer.after;
    yield { kind: "line", text: `With it ${askedText(answer)} is ${verdict}: ${walkthrough}` };
  }
  if (answer.manifest !== "") yield* blastBlocks(answer);
  if (answer.steps.length > 0) {
    yield { kind: "heading", text: "What to do" };
    const commands = [...answer.steps, `# To roll back: ${answer.rollback}`];
    yield { kind: "code", language: "sh", text: commands.join("\n") };
  }
  const unused = unusedInputText(answer.model.problems);
  if (unused !== "") {
    yield { kind: "heading", text: "Warnings" };
    yield { kind: "items", items: [{ text: unused, tone: "warn" }] };
  }
  yield { kind: "heading", text: "Judged by" };
  yield { kind: "line", text: modelText(answer.profile, answer.model) };
}

function* blastBlocks({ blastRadius }: FixAnswer): Iterable<Block> {
  yield { kind: "heading", text: "What else it changes" };
  if (blastRadius.length === 0) {
    yield { kind: "line", text: "Nothing: no other pair has other connections with it." };
    return;
  }
  yield { kind: "line", text: `${countText(blastRadius.length, "other pair")}:` };
  yield tableBlock(diffListing(() => blastRadius));
}
