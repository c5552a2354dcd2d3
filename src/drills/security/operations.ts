import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway, Json } from '../stage.ts';
import { isPublicOperation, type Operation, operationsOf } from './operations.rules.ts';

const readMostBytes = 1_000_000;
const timeoutMs = 30_000;
const silentAfterMs = 1_000;

/** What a gateway says that it answers, with what its reference leaves out on purpose; what is public is not among it. */
export async function guardedOperations(gateway: Gateway): Promise<Operation[]> {
  const { body } = await gateway.call('GET', '/openapi.json', { key: null });
  const all = operationsOf(body).filter((operation) => !isPublicOperation(operation));
  const egress = { path: '/egress/{connection}/x', permission: 'connections:call', body: null, team: false };
  return [...all, { ...egress, method: 'GET' }, { ...egress, method: 'POST' }];
}

export type Asked = { status: number; code: string; text: string; allow: string; requestId: string };

/** One request; a stream is not waited for. `code` is that of a problem. */
export async function ask(
  url: string,
  request: {
    method: string;
    path: string;
    key: string | null;
    body?: Json;
    headers?: Readonly<Record<string, string>>;
  },
  signal: AbortSignal,
): Promise<Asked> {
  const answer = await fetch(url + request.path, {
    method: request.method,
    headers: {
      ...(request.key === null ? {} : { authorization: `Bearer ${request.key}` }),
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  const { headers, status } = answer;
  const type = headers.get('content-type') ?? '';
  const text = await beginningOf(answer);
  const code = type.includes('problem+json') ? String((JSON.parse(text) as { code?: unknown }).code) : '';
  const requestId = headers.get('posthorn-request-id') ?? '';
  return { status, code, text, allow: headers.get('allow') ?? '', requestId };
}

/** What comes of an answer until it ends or falls silent, as streams do. */
async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  while (sizeBytes < readMostBytes) {
    const silence = new AbortController();
    const quiet = delay(silentAfterMs, null, { signal: silence.signal }).catch(() => null);
    const next = await Promise.race([reader.read(), quiet]);
    silence.abort();
    if (next === null || next.value === undefined) break;
    chunks.push(next.value);
    sizeBytes += next.value.length;
  }
  await reader.cancel();
  return Buffer.concat(chunks).toString('utf8');
}
