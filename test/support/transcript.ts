/**
 * Plays a golden transcript. Lines that start with "> " are commands and "#" are comments; all other lines are what the
 * commands put out, written anew. Between commands at most one empty line is kept.
 */
export const playTranscript = (
  text: string,
  play: (command: string) => readonly string[],
): string => {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("> ")) lines.push(line, ...play(line.slice(2)));
    else if (line.startsWith("#")) lines.push(line);
    else if (line === "" && lines.at(-1) !== "") lines.push(line);
  }
  while (lines.at(-1) === "") lines.pop();
  return `${lines.join("\n")}\n`;
};
