/** `undefined` is taken so that variables of the environment can be handed in; it is refused with what is missing. */
export type PosthornSettings = {
  /** Where Posthorn is, such as `https://posthorn.example.com`. */
  url: string | URL | undefined;
  /** An api key that holds `connections:call`, or one that names the connections that it may call. */
  key: string | undefined;
  /** Instead of the global `fetch`: for tests, or for a dispatcher of your own. */
  fetch?: typeof fetch | undefined;
};

export type ReadSettings = {
  /** Without a slash at its end. */
  base: string;
  key: string;
};

/** @throws TypeError that says what is missing or wrong, and quotes no key */
export function readSettings({ url, key }: PosthornSettings): ReadSettings {
  if (url === undefined || url === '') throw new TypeError('url is missing: where Posthorn is (POSTHORN_URL).');
  if (key === undefined || key === '') throw new TypeError('key is missing: an api key of Posthorn (POSTHORN_KEY).');
  if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError('key is none: it has spaces, line breaks or other characters.');
  return { base: readBase(String(url)), key };
}

function readBase(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TypeError('url is none: it begins with http:// or https://.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError('url has a user, a query or a fragment: it is only where Posthorn is.');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
