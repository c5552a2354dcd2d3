import type { IncomingHttpHeaders } from 'node:http';
import { looksLikeApiKey } from '../teams/api-key.rules.ts';

const longestHeader = 512;

/** The token of `Authorization: Bearer <token>` (RFC 6750 section 2.1); null for anything else. */
export function tokenOfAuthorization(header: string | undefined): string | null {
  if (header === undefined || header.length > longestHeader || header.slice(0, 7).toLowerCase() !== 'bearer ') {
    return null;
  }
  const token = header.slice(7).trim();
  return token === '' ? null : token;
}

/**
 * The token where providers' clients put theirs: `posthorn-key`, `Authorization` with or without `Bearer`, `X-API-Key`.
 * Of several the first that looks like an api key, else the first.
 */
export function tokenOfProviderHeaders(headers: IncomingHttpHeaders): string | null {
  let first: string | null = null;
  for (const token of [
    bare(headers['posthorn-key']),
    tokenOfAuthorization(headers.authorization) ?? bare(headers.authorization),
    bare(headers['x-api-key']),
  ]) {
    if (token === null) continue;
    if (looksLikeApiKey(token)) return token;
    first ??= token;
  }
  return first;
}

function bare(header: string | string[] | undefined): string | null {
  if (typeof header !== 'string' || header.length > longestHeader) return null;
  const token = header.trim();
  return token === '' || token.includes(' ') ? null : token;
}
