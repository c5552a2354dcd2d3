import { createHmac } from 'node:crypto';
import type { Notification, SimulatedRequest, Stamp } from './simulated-request.ts';

/** The simulator says what it is; a provider's own user agent would be a claim. */
const userAgent = 'Posthorn-Simulator';

export function hmacSha256(key: string | Buffer, ...parts: readonly (string | Buffer)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** The one secret of a provider that has one; empty when none was given. */
export function onlySecret(stamp: Stamp): string {
  return stamp.secrets[0] ?? '';
}

export function post(
  stamp: Stamp,
  contentType: string,
  body: Buffer,
  headers: readonly (readonly [string, string])[] = [],
): SimulatedRequest {
  const own = [
    ['Content-Type', contentType],
    ['User-Agent', userAgent],
  ] as const;
  return { method: 'POST', url: stamp.url, headers: [...own, ...headers], body };
}

/** JSON as most providers write it: without spaces. */
export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/**
 * The body with another id in it, as somebody would write it who wants to be told of another document; where the id is
 * not in the body, with a space at its end.
 */
export function tamperBody(request: SimulatedRequest, notification: Pick<Notification, 'subject'>): SimulatedRequest {
  const { subject } = notification;
  const last = subject.at(-1) ?? '';
  const other = subject.slice(0, -1) + (last === '0' ? '1' : '0');
  const body = Buffer.from(request.body.toString('latin1').replaceAll(subject, other), 'latin1');
  const changed = subject === '' || body.equals(request.body) ? Buffer.concat([request.body, Buffer.from(' ')]) : body;
  return { ...request, body: changed };
}

export function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}
