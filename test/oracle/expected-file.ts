/** A connection as an expected file states it: from whom, to whom, what. */
export type StatedLine = {
  readonly source: string;
  readonly destination: string;
  readonly connections: string;
};

/** The exposure part of an expected file; lines in the direction of traffic. */
export type StatedExposure = {
  readonly egress: readonly StatedLine[];
  readonly ingress: readonly StatedLine[];
  /** "ns/name[Kind] Egress"; undefined in formats that lack this part. */
  readonly unprotected: readonly string[] | undefined;
};

/** An expected file: its list of connections, and its exposure when it has one. */
export type StatedFile = {
  readonly lines: readonly StatedLine[];
  readonly exposure: StatedExposure | undefined;
};

/** The formats of expected files. */
export type StatedFormat = "txt" | "json" | "csv";

/** Parses an expected file. Throws on what is not of its format, so that nothing is passed over. */
export const parseStatedFile = (text: string, format: StatedFormat): StatedFile => {
  switch (format) {
    case "txt":
      return parseText(text);
    case "json":
      return parseJson(text);
    case "csv":
      return parseCsv(text);
  }
};

const arrow = (line: string, sign: "=>" | "<="): StatedLine => {
  const parts = /^(.+?)\s+(=>|<=)\s+(.+) : (.+)$/.exec(line);
  if (parts === null || parts[2] !== sign) throw new Error(`not a connection: "${line}"`);
  const [left, right] = [(parts[1] ?? "").trim(), (parts[3] ?? "").trim()];
  const [source, destination] = sign === "=>" ? [left, right] : [right, left];
  return { source, destination, connections: parts[4] ?? "" };
};

const parseText = (text: string): StatedFile => {
  const lines: StatedLine[] = [];
  const egress: StatedLine[] = [];
  const ingress: StatedLine[] = [];
  const unprotected: string[] = [];
  let section = "list";
  for (const line of text.split(/\r?\n/).map((each) => each.trimEnd())) {
    if (line === "") continue;
    if (
      /^(Exposure Analysis Result|Egress Exposure|Ingress Exposure|Workloads not pro.*):$/.test(
        line,
      )
    ) {
      section = line;
    } else if (section === "list") lines.push(arrow(line, "=>"));
    else if (section === "Egress Exposure:") egress.push(arrow(line, "=>"));
    else if (section === "Ingress Exposure:") ingress.push(arrow(line, "<="));
    else {
      const parts = /^(\S+) is not protected on (Egress|Ingress)$/.exec(line);
      if (parts === null) throw new Error(`not understood: "${line}"`);
      unprotected.push(`${parts[1]} ${parts[2]}`);
    }
  }
  return { lines, exposure: section === "list" ? undefined : { egress, ingress, unprotected } };
};

type JsonLine = { readonly src: string; readonly dst: string; readonly conn: string };
type JsonFile = {
  readonly connlist_results: readonly JsonLine[] | null;
  readonly exposure_results: {
    readonly egress_exposure: readonly JsonLine[] | null;
    readonly ingress_exposure: readonly JsonLine[] | null;
  };
};

const statedLines = (lines: readonly JsonLine[] | null): readonly StatedLine[] =>
  (lines ?? []).map(({ src, dst, conn }) => ({ source: src, destination: dst, connections: conn }));

const parseJson = (text: string): StatedFile => {
  const file = JSON.parse(text) as readonly JsonLine[] | JsonFile | null;
  if (file === null) return { lines: [], exposure: undefined };
  if (!("connlist_results" in file)) return { lines: statedLines(file), exposure: undefined };
  const { egress_exposure, ingress_exposure } = file.exposure_results;
  return {
    lines: statedLines(file.connlist_results),
    exposure: {
      egress: statedLines(egress_exposure),
      ingress: statedLines(ingress_exposure),
      unprotected: undefined,
    },
  };
};

/** Records of a csv text (RFC 4180; no line ends within quotes occur). */
const csvRecords = (text: string): string[][] =>
  text
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
      ),
    );

const parseCsv = (text: string): StatedFile => {
  const parts: Record<"list" | "egress" | "ingress", StatedLine[]> = {
    list: [],
    egress: [],
    ingress: [],
  };
  let section: "list" | "egress" | "ingress" = "list";
  let header = "";
  let hasExposure = false;
  for (const record of csvRecords(text)) {
    const [first = "", second = "", connections = ""] = record;
    if (record.length !== 3) throw new Error(`not three fields: ${record.join("|")}`);
    if (first === "Exposure Analysis Result:") hasExposure = true;
    else if (first === "Egress Exposure:") section = "egress";
    else if (first === "Ingress Exposure:") section = "ingress";
    else if (connections === "conn") header = first;
    else if (header === "src")
      parts[section].push({ source: first, destination: second, connections });
    else parts[section].push({ source: second, destination: first, connections });
  }
  const { list, egress, ingress } = parts;
  return {
    lines: list,
    exposure: hasExposure ? { egress, ingress, unprotected: undefined } : undefined,
  };
};
