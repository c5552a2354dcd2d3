/** What secrets look like, wherever they come from. What stands in group 1 is kept. */
const shapes: readonly RegExp[] = [
  // Posthorn's own: api keys and operator keys.
  /\bphk_[0-7][0-9a-hjkmnp-tv-z]{25}_[A-Za-z0-9_-]{20,}/g,
  /\bpho_[A-Za-z0-9_-]{20,}/g,
  // Signing secrets, and the private half of an asymmetric one.
  /\bwhs(?:ec|k)_[A-Za-z0-9+/=_-]{8,}/g,
  // Keys of providers.
  /\b(?:sk_(?:test|live)|pk_goroute|api)_[A-Za-z0-9]{8,}/g,
  // JSON Web Tokens.
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  // A header's value, with its scheme; a password in a URL.
  /\b((?:Bearer|Basic)\s+)[A-Za-z0-9+/=_.~-]{12,}/gi,
  /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/@]+(?=@)/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

const mask = '***';
/** Shorter ones would mask words of the text. */
const leastLength = 8;

/** The text without secrets: none that is known, and nothing that has the shape of one. */
export function scrub(text: string, known: Iterable<string> = []): string {
  let clean = text;
  const longestFirst = [...known].filter(({ length }) => length >= leastLength).sort((a, b) => b.length - a.length);
  for (const secret of longestFirst) clean = clean.replaceAll(secret, mask);
  for (const shape of shapes) {
    clean = clean.replace(shape, (_all: string, kept: unknown) => (typeof kept === 'string' ? kept + mask : mask));
  }
  return clean;
}
