import type { ConnectionCredential } from '../connections/connection-config.ts';

export function isExpired(credential: ConnectionCredential, nowMs: number): boolean {
  return credential.expiresAtMs !== null && credential.expiresAtMs <= nowMs;
}

/**
 * The credential to use: the first that has not expired and that the provider has not refused for this call.
 * @param after begins behind the credential with this id; what is not in the list any more leads to its beginning.
 */
export function nextCredential(
  credentials: readonly ConnectionCredential[],
  nowMs: number,
  options: { except?: ReadonlySet<string> | undefined; after?: string } = {},
): ConnectionCredential | null {
  const { except, after } = options;
  let index = after === undefined ? 0 : credentials.findIndex(({ id }) => id === after) + 1;
  for (; index < credentials.length; index += 1) {
    const credential = credentials[index];
    if (credential !== undefined && !isExpired(credential, nowMs) && except?.has(credential.id) !== true) {
      return credential;
    }
  }
  return null;
}
