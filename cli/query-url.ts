/** Reads the URL of a query port: http or https, a host, perhaps a port, nothing else. Undefined when it is none. */
export const parseQueryUrl = (text: string): string | undefined => {
  if (!/^https?:\/\/[^/?#@\s]+\/?$/i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).origin;
};

/** Where the server is when nobody says. */
export const serverUrlDefault = "http://127.0.0.1:8080";
