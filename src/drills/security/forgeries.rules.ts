import { createHmac } from 'node:crypto';
import type { SimulatedRequest } from '../../simulation/simulated-request.ts';

type Change = (value: string) => readonly string[];

/**
 * Where two requests differ that were signed with different secrets, there is the proof: `change` gives the values that
 * stand there instead, none to leave it out. Header, query or body, as the provider has it.
 */
export function withProof(request: SimulatedRequest, other: SimulatedRequest, change: Change): SimulatedRequest {
  const headers = request.headers.flatMap(([name, value], index): (readonly [string, string])[] => {
    if (other.headers[index]?.[1] === value) return [[name, value]];
    return change(value).map((each) => [name, each]);
  });
  const [url, otherUrl] = [new URL(request.url), new URL(other.url)];
  for (const [name, value] of new URLSearchParams(url.search)) {
    if (otherUrl.searchParams.get(name) === value) continue;
    url.searchParams.delete(name);
    for (const each of change(value)) url.searchParams.append(name, each);
  }
  return { ...request, url: url.href, headers, body: bodyWith(request.body, other.body, change) };
}

/** Whether the proof stands in the body, where it cannot come twice. */
export function provesInBody(request: SimulatedRequest, other: SimulatedRequest): boolean {
  return !request.body.equals(other.body);
}

function bodyWith(body: Buffer, other: Buffer, change: Change): Buffer {
  if (body.equals(other)) return body;
  const [text, otherText] = [body.toString('latin1'), other.toString('latin1')];
  let from = 0;
  while (text[from] === otherText[from]) from += 1;
  let tail = 0;
  while (text.at(-1 - tail) === otherText.at(-1 - tail) && tail < text.length - from) tail += 1;
  const proof = text.slice(from, text.length - tail);
  return Buffer.from(text.slice(0, from) + (change(proof)[0] ?? '') + text.slice(text.length - tail), 'latin1');
}

/**
 * The secret is right and the way to show it is another provider's.
 * @param request without its proof. @param own as its provider would send it: those headers prove something here
 */
export function byOtherSchemes(request: SimulatedRequest, own: SimulatedRequest, secret: string): SimulatedRequest {
  const hex = createHmac('sha256', secret).update(request.body).digest('hex');
  const taken = new Set(own.headers.map(([name]) => name.toLowerCase()));
  const others: [string, string][] = [
    ['x-webhook-secret', secret],
    ['x-hub-signature-256', `sha256=${hex}`],
    ['x-signature-of-another-scheme', hex],
    ['x-shopify-hmac-sha256', Buffer.from(hex, 'hex').toString('base64')],
  ];
  return { ...request, headers: [...request.headers, ...others.filter(([name]) => !taken.has(name))] };
}

/** The same JSON with other spaces; null where the body is none. */
export function writtenAnew(body: Buffer): Buffer | null {
  try {
    const text = body.toString('utf8');
    const written = JSON.stringify(JSON.parse(text), null, 3);
    return written === text ? null : Buffer.from(written);
  } catch {
    return null;
  }
}
