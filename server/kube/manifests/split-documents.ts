/** A document of a text: from start up to end, in characters. */
export type DocumentSlice = { readonly start: number; readonly end: number };

/**
 * Cuts a YAML text at the lines that begin with "---" or "..."; documents of nothing but space, comments and directives
 * are left out. Stops after `max` documents and says so.
 */
export const splitDocuments = (
  text: string,
  max: number,
): { readonly documents: readonly DocumentSlice[]; readonly cut: boolean } => {
  const documents: DocumentSlice[] = [];
  let start = 0;
  for (;;) {
    const end = nextMarker(text, start);
    if (hasContent(text, start, end)) {
      if (documents.length === max) return { documents, cut: true };
      documents.push({ start, end });
    }
    if (end >= text.length) return { documents, cut: false };
    // "..." ends a document and is no part of the next; "---" opens one.
    start = text.charCodeAt(end) === dot ? end + 3 : end;
  }
};

/** Offset of the next line after the first that is a marker; a marker line itself belongs to the document it opens. */
const nextMarker = (text: string, start: number): number => {
  let at = start;
  for (;;) {
    const line = text.indexOf("\n", at);
    if (line < 0) return text.length;
    at = line + 1;
    if (isMarker(text, at)) return at;
  }
};

const dash = 45;
const dot = 46;

const isMarker = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  if (code !== dash && code !== dot) return false;
  if (text.charCodeAt(at + 1) !== code || text.charCodeAt(at + 2) !== code) return false;
  return isSpaceOrEnd(text.charCodeAt(at + 3));
};

// Past the end the code is NaN.
const isSpaceOrEnd = (code: number): boolean =>
  Number.isNaN(code) || code === 32 || code === 9 || code === 10 || code === 13;

/** Offset of the first character that is neither space, comment, directive nor marker; -1 when there is none. */
export const contentStart = (text: string, start: number, end: number): number => {
  let at = isMarker(text, start) ? start + 3 : start;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === hash || (code === percent && isLineStart(text, at, start))) {
      at = lineAfter(text, at);
    } else if (isSpaceOrEnd(code)) at++;
    else return at;
  }
  return -1;
};

const hash = 35;
const percent = 37;

const isLineStart = (text: string, at: number, start: number): boolean =>
  at === start || text.charCodeAt(at - 1) === 10;

const lineAfter = (text: string, at: number): number => {
  const line = text.indexOf("\n", at);
  return line < 0 ? text.length : line + 1;
};

const hasContent = (text: string, start: number, end: number): boolean =>
  contentStart(text, start, end) >= 0;
