/** The longest beginning of a text whose UTF-8 encoding has at most so many bytes; never half a character. */
export const clipText = (text: string, bytesMax: number): string => {
  if (text.length * 3 <= bytesMax) return text;
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += utf8Bytes(character.codePointAt(0) ?? 0);
    if (bytes > bytesMax) break;
    end += character.length;
  }
  return end === text.length ? text : text.slice(0, end);
};

const utf8Bytes = (codePoint: number): number => {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
};
