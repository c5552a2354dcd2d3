import { looksLikeApiKey } from '../../teams/api-key.rules.ts';

/** `own`: a value that the connection is authorized with. `other`: one more credential beside the caller's key. */
export type BroughtCredential = 'own' | 'other';

/** Where clients put credentials. */
const credentialNames: ReadonlySet<string> = new Set([
  'api-key',
  'apikey',
  'authorization',
  'x-access-token',
  'x-api-key',
  'x-api-token',
  'x-auth-token',
  'x-authorization',
  'x-docusign-authentication',
]);
/** A shorter one is in any text by chance. */
const shortestOwn = 8;
/** Words that clients insist on, such as `placeholder`, are no credentials; keys are longer and more mixed. */
const shortestOther = 16;
const leastDistinct = 10;

/**
 * What a caller brought that it should not have: it needs a key of Posthorn alone. Neither reaches the provider.
 * @param request headers as they came: name, value, name, value; `key` is what the caller was let in by
 * @param secrets what the connection is authorized with, each as callers could write it
 */
export function broughtCredential(
  { headers: flat, target, key }: { headers: readonly string[]; target: string; key: string | null },
  secrets: readonly string[],
): BroughtCredential | null {
  if (holdsOwn(target, secrets, key)) return 'own';
  let found: BroughtCredential | null = null;
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const text = flat[index + 1] as string;
    if (holdsOwn(text, secrets, key)) return 'own';
    if (credentialNames.has((flat[index] as string).toLowerCase()) && isOther(text, key)) found = 'other';
  }
  return found;
}

function holdsOwn(text: string, secrets: readonly string[], key: string | null): boolean {
  for (const secret of secrets) {
    if (secret.length >= shortestOwn && secret.length <= text.length && secret !== key && text.includes(secret)) {
      return true;
    }
  }
  return false;
}

function isOther(text: string, key: string | null): boolean {
  const token = text.slice(text.trimEnd().lastIndexOf(' ') + 1).trim();
  return (
    token !== key && token.length >= shortestOther && !looksLikeApiKey(token) && new Set(token).size >= leastDistinct
  );
}
