import { closest } from "../../common/closest.js";
import { nameCharsMax } from "../analyzer/limits.js";
import { type ProfileName, profileDefault, profileNames } from "../analyzer/policy/profile.js";
import type { PageFields, PairFields } from "../policy/question.js";
import { pageToken, parsePageSize, quoted, wrongField } from "./request-fields.js";

/** The protocols that a question may name. */
export const policyProtocols = ["TCP", "UDP", "SCTP", "ICMP"] as const;

/** The protocols that a diagnosis may name. */
export const diagnosisProtocols = ["TCP", "UDP", "SCTP"] as const;

/** A protocol in any case; empty is undefined. */
export const parseProtocol = (value: string, allowed: readonly string[]): string | undefined => {
  const word = value.trim().toUpperCase();
  if (word === "") return undefined;
  if (allowed.includes(word)) return word;
  throw wrongField("protocol", `must be one of ${allowed.join(", ")}, not ${quoted(value)}`);
};

/** A port; 0 is undefined. */
export const parsePort = (value: number): number | undefined => {
  if (value === 0) return undefined;
  if (value >= 1 && value <= 65_535) return value;
  throw wrongField("port", `must be from 1 to 65535, or 0 for any, not ${value}`);
};

/** A profile; empty is the default. */
export const parseProfile = (value: string): ProfileName => {
  if (value === "") return profileDefault;
  const known = profileNames.find((name) => name === value);
  if (known !== undefined) return known;
  const near = closest(value.slice(0, 32), profileNames);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw wrongField(
    "profile",
    `must be one of ${profileNames.join(", ")}, not ${quoted(value)}${hint}`,
  );
};

/** A name of an end; the analyzer says what it stands for. */
export const parseEnd = (field: string, value: string): string => {
  if (value.trim() === "") throw wrongField(field, "must not be empty");
  return parseFilter(field, value);
};

/** The same, or nothing. */
export const parseFilter = (field: string, value: string): string => {
  if (value.length <= nameCharsMax) return value;
  throw wrongField(field, `must have at most ${nameCharsMax} characters`);
};

/** A text that must be there. */
export const parseText = (field: string, value: string): string => {
  if (value.trim() === "") throw wrongField(field, "must not be empty");
  return value;
};

/** Two ends with what is asked of the way between them. */
export const parsePair = (request: {
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly protocol: string;
}): PairFields => {
  const port = parsePort(request.port);
  const protocol = parseProtocol(request.protocol, policyProtocols);
  return {
    source: parseEnd("source", request.source),
    destination: parseEnd("destination", request.destination),
    ...(port === undefined ? {} : { port }),
    ...(protocol === undefined ? {} : { protocol }),
  };
};

type PageRequest = { readonly pageSize: number; readonly pageToken: string };

/** Pages of one list: the token of a page says where the next begins and which list it is of. */
export class Paging {
  readonly #list: readonly string[];
  readonly fields: PageFields;

  /** `list` names the list and its filters: a token of another one is refused. */
  constructor(request: PageRequest, list: readonly string[], sizeDefault: number) {
    this.#list = list;
    const size = parsePageSize(request.pageSize, sizeDefault);
    const after = parseAfter(pageToken.parse(request.pageToken, list));
    this.fields = { size, ...(after === undefined ? {} : { after }) };
  }

  /** A page with the token of the next; the last has an empty one. */
  withToken<T extends { readonly next?: number; readonly fingerprint: string }>(
    page: T,
  ): T & { readonly nextPageToken: string } {
    const { next, fingerprint } = page;
    const nextPageToken =
      next === undefined ? "" : pageToken.print(this.#list, `${next} ${fingerprint}`);
    return { ...page, nextPageToken };
  }
}

const parseAfter = (after: unknown): PageFields["after"] => {
  if (after === undefined) return undefined;
  const [, offset, fingerprint] =
    /^(\d{1,10}) ([\w-]{1,64})$/.exec(typeof after === "string" ? after : "") ?? [];
  if (offset !== undefined && fingerprint !== undefined) {
    return { offset: Number(offset), fingerprint };
  }
  throw wrongField("page_token", "must be the next_page_token of an answer to the same query");
};
