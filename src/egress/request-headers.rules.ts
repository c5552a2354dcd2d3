import { isConnectionHeader } from './connection-header.rules.ts';

export type StaticHeaderVerdict = { ok: true; name: string } | { ok: false; reason: string };

export type StaticHeadersVerdict =
  | { ok: true; headers: string[] }
  | { ok: false; refused: { name: string; reason: string }[] };

const longestName = 128;
const longestValue = 4096;
const mostHeaders = 32;
const largestSum = 8192;

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const visibleAscii = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

const setByPosthorn = new Set(['accept-encoding', 'content-encoding', 'content-type', 'user-agent']);

/** Receivers trust these to tell who is calling, so a tenant must not choose them. */
const ofTheRoute = new Set(['forwarded', 'via', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip']);

/** Says whether a user may add this header to every request of an endpoint. `name` comes back in lower case. */
export function judgeStaticHeader(name: string, value: string): StaticHeaderVerdict {
  if (name.length > longestName) return { ok: false, reason: `name is longer than ${longestName} characters` };
  if (!token.test(name)) return { ok: false, reason: 'name is not an HTTP token' };
  const lower = name.toLowerCase();
  if (isConnectionHeader(lower) || lower === 'content-length') {
    return { ok: false, reason: 'belongs to the connection' };
  }
  if (setByPosthorn.has(lower) || lower.startsWith('posthorn-')) return { ok: false, reason: 'is set by Posthorn' };
  if (lower.startsWith('webhook-') || lower.startsWith('svix-') || lower.includes('signature')) {
    return { ok: false, reason: 'is a signature header' };
  }
  if (ofTheRoute.has(lower) || lower.startsWith('x-forwarded-')) {
    return { ok: false, reason: 'tells the route of a request' };
  }
  if (value.length > longestValue) return { ok: false, reason: `value is longer than ${longestValue} characters` };
  if (value !== '' && !visibleAscii.test(value)) {
    return { ok: false, reason: 'value has a line break, an outer space or a character that is not visible ASCII' };
  }
  return { ok: true, name: lower };
}

/**
 * Judges all static headers of an endpoint together; the answer is flat (name, value, name, value), as sent, or names each
 * that cannot be. Where they are too many or too long, that is the one that brings them over the limit.
 */
export function judgeStaticHeaders(headers: Readonly<Record<string, string>>): StaticHeadersVerdict {
  const flat: string[] = [];
  const seen = new Set<string>();
  const refused: { name: string; reason: string }[] = [];
  let sum = 0;
  for (const [name, value] of Object.entries(headers)) {
    const verdict = judgeStaticHeader(name, value);
    if (!verdict.ok || seen.has(verdict.name)) {
      refused.push({ name, reason: verdict.ok ? 'is given twice' : verdict.reason });
      continue;
    }
    seen.add(verdict.name);
    flat.push(verdict.name, value);
    const before = sum;
    sum += name.length + value.length;
    if (seen.size === mostHeaders + 1) refused.push({ name, reason: `is one of more than ${mostHeaders} headers` });
    if (before <= largestSum && sum > largestSum) {
      refused.push({ name, reason: `brings the headers over ${largestSum} characters` });
    }
  }
  return refused.length === 0 ? { ok: true, headers: flat } : { ok: false, refused };
}
