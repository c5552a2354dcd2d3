/** A shorter one is in any text by chance. */
const shortest = 4;
/** So much of a secret at the end of a text is its beginning, which was cut off there. */
const leastOfCut = 8;

/**
 * What is secret in the headers that a call was authorized with: their values, and of those with a scheme what stands
 * behind it; of Basic (RFC 7617) the password too. Each as it is, and as JSON, URLs and base64 write it.
 * @param flat name, value, name, value
 */
export function secretsIn(flat: readonly string[]): string[] {
  const secrets = new Set<string>();
  for (let index = 1; index < flat.length; index += 2) {
    const value = flat[index] as string;
    secrets.add(value);
    const [, scheme = '', rest = ''] = /^(\S+)\s+(.+)$/.exec(value) ?? [];
    secrets.add(rest);
    if (scheme.toLowerCase() === 'basic') {
      const pair = Buffer.from(rest, 'base64').toString('utf8');
      secrets.add(pair).add(pair.slice(pair.indexOf(':') + 1));
    }
  }
  const known = [...secrets].filter(({ length }) => length >= shortest);
  return [...new Set(known.flatMap(spellingsOf))];
}

function spellingsOf(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ v: secret }).toString().slice(2),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
  ];
}

/**
 * Whether a text that came from outside holds a secret, also one that is cut off at its end: some providers quote what
 * they were sent.
 */
export function holdsSecret(text: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => text.includes(secret) || endsInBeginning(text, secret));
}

function endsInBeginning(text: string, secret: string): boolean {
  if (text.length < leastOfCut) return false;
  const end = text.slice(-leastOfCut);
  for (let at = secret.indexOf(end); at !== -1; at = secret.indexOf(end, at + 1)) {
    if (text.endsWith(secret.slice(0, at + leastOfCut))) return true;
  }
  return false;
}
