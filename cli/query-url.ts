/** Reads the URL of a query port: http or https, a host, perhaps a port, nothing else. Undefined when it is none. */
export const parseQueryUrl = (text: string): string | undefined => {
  if (!/^https?:\/\/[^/?#@\s]+\/?$/i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).origin;
};
