import type { Call } from './call.ts';
import type { IncomingCall } from './incoming-call.ts';
import { decodeBody } from './decode-body.ts';
import type { AnswerKey, KeptAnswer } from './policy/answer-cache.ts';
import { headerOf } from './rate-headers.rules.ts';

/** Of an answer that repeated calls may be served with: pages of a list, states of a document. */
const servedMostBytes = 262_144;
/** One document may take this share of what a connection may keep. */
const documentShare = 4;
const decodedMostBytes = 1_048_576;

/** Why an answer is kept: it never changes again, or the same call may come again too soon. */
type Purpose = 'immutable' | 'served';

/** Whether the call may be answered from memory at all, and its answer kept there. */
export function mayUseMemory({ method, headers }: Pick<IncomingCall, 'method' | 'headers'>): boolean {
  if (method !== 'GET') return false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]?.toLowerCase();
    if (name === 'range' || name?.startsWith('if-') === true) return false;
    if (name === 'cache-control' && /no-cache|no-store/i.test(headers[index + 1] ?? '')) return false;
  }
  return true;
}

/** The answer to a call whose answer never changes again; null when it is not known. */
export function immutableAnswer(call: Call): KeptAnswer | null {
  const { policy } = call.state.config;
  if (!call.usesMemory || policy.cache.maxBytes === 0 || !call.state.config.profile.isImmutable(call.request))
    return null;
  return find(call, 'immutable', policy.cache.maxAgeSeconds * 1000);
}

/** The answer to the call that this one repeats; null when it was not kept. */
export function servedAnswer(call: Call, windowMs: number): KeptAnswer | null {
  if (!call.usesMemory) return null;
  return find(call, 'served', windowMs);
}

/** How much of the answer has to be looked at to keep it; 0 when it is not to be kept. */
export function keptMostBytes(call: Call, status: number): number {
  if (status !== 200 || !call.usesMemory) return 0;
  const { policy, profile } = call.state.config;
  if (profile.isImmutable(call.request)) return Math.floor(policy.cache.maxBytes / documentShare);
  return mayBeServed(call) ? Math.min(servedMostBytes, policy.cache.maxBytes) : 0;
}

/** Keeps a whole answer, if it is of a kind that may be answered again. */
export async function keepAnswer(call: Call, headers: readonly string[], body: Buffer): Promise<void> {
  const { profile, policy, id } = call.state.config;
  const purpose = profile.isImmutable(call.request) ? 'immutable' : 'served';
  if (purpose === 'served' ? !mayBeServed(call) : !(await isCompleted(call))) return;
  const { cache, ports } = call.calling;
  const answer = plain(headers, body, ports.clock.now());
  if (answer === null || call.state.config.id !== id) return;
  cache.put(keyOf(call, purpose), answer, policy.cache.maxBytes);
}

function mayBeServed({ state, record }: Call): boolean {
  return state.config.policy.polling.mode === 'serve' && record.start.resource !== null;
}

async function isCompleted(call: Call): Promise<boolean> {
  const { state } = call;
  const { subject } = call.operation;
  const part = state.config.profile.parts?.of(call.request) ?? null;
  if (part !== null && state.isKnownCompleted(part)) return true;
  if (subject === null) return false;
  if (state.isKnownCompleted(subject)) return true;
  const { teamId, sourceIds, profile } = state.config;
  const { ports } = call.calling;
  if (sourceIds.length === 0 || profile.completionEvents.length === 0) return false;
  try {
    if (!(await ports.isCompleted(teamId, sourceIds, subject, profile.completionEvents))) return false;
  } catch (error) {
    ports.onError('answer cache', error);
    return false;
  }
  state.completed(subject);
  return true;
}

function find(call: Call, purpose: Purpose, maxAgeMs: number): KeptAnswer | null {
  const { cache, ports } = call.calling;
  return cache.get(keyOf(call, purpose), maxAgeMs, ports.clock.now());
}

function keyOf(call: Call, purpose: Purpose): AnswerKey {
  const { headers } = call.incoming;
  let accept: string | null = null;
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === 'accept') accept ??= headers[index + 1] ?? null;
  }
  return { connectionId: call.state.config.id, method: `GET ${purpose}`, path: call.path, accept };
}

/** Without its encoding, so that every caller can read it. */
function plain(headers: readonly string[], body: Buffer, storedAtMs: number): KeptAnswer | null {
  const encoding = headerOf(headers, 'content-encoding');
  const isPlain = encoding === null || encoding === 'identity';
  const decoded = isPlain ? body : decodeBody(body, encoding, decodedMostBytes);
  if (decoded === null) return null;
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string;
    if (name === 'content-length' || (name === 'content-encoding' && !isPlain)) continue;
    kept.push(name, headers[index + 1] as string);
  }
  kept.push('content-length', String(decoded.length));
  return { status: 200, headers: kept, body: decoded, storedAtMs };
}
