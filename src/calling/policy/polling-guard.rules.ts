/** A call as the guard sees it, before it goes out. `resource` is that of the provider's polling rule. */
export type PollingCall = { resource: string; subject: string | null; operation: string };

export type PollingVerdict =
  | { verdict: 'ok' }
  | {
      verdict: 'violation';
      /** The call that it repeats. */
      callId: string;
      agoMs: number;
      /** Until the call would be none. */
      waitMs: number;
      /** `list-then-get`: a list, its members, the list again. Keeping the first list's answer mends it. */
      pattern: 'repeat' | 'list-then-get';
    };

type Last = { callId: string; atMs: number };
type Shards<Value> = readonly ReadonlyMap<string, Value>[];

/** What was called last, of one connection. Immutable; of bounded size: what was called longest ago is forgotten. */
export type PollingHistory = {
  /** By resource. */
  calls: Shards<Last>;
  /** When an event told of a subject last. */
  events: Shards<number>;
};

/** A change copies one shard, so it costs the same however much is remembered. */
const shardCount = 256;
const shardMost = 64;

const noShards = Array.from({ length: shardCount }, () => new Map<string, never>());
export const emptyHistory: PollingHistory = { calls: noShards, events: noShards };

/**
 * Whether a call repeats another one on its resource within the window, with no event about its subject in between.
 * The window is the provider's: a call exactly `windowMs` later is none.
 */
export function judge(history: PollingHistory, call: PollingCall, windowMs: number, nowMs: number): PollingVerdict {
  const last = read(history.calls, call.resource);
  if (last === undefined) return { verdict: 'ok' };
  // A clock that was set back by more than the window leaves calls of the future, which say nothing.
  const agoMs = Math.max(0, nowMs - last.atMs);
  if (agoMs >= windowMs || last.atMs - nowMs >= windowMs) return { verdict: 'ok' };
  const eventAtMs = call.subject === null ? undefined : read(history.events, call.subject);
  if (eventAtMs !== undefined && eventAtMs >= last.atMs) return { verdict: 'ok' };
  const isList = call.operation.endsWith('.list');
  const pattern = isList && wasGotBelow(history, pathOf(call.resource), last.atMs) ? 'list-then-get' : 'repeat';
  return { verdict: 'violation', callId: last.callId, agoMs, waitMs: windowMs - agoMs, pattern };
}

/** Remembers a call that went out, in any order of time: also those of before a start, from the ledger. */
export function remember(
  history: PollingHistory,
  call: { callId: string; resource: string; atMs: number },
): PollingHistory {
  const { callId, resource, atMs } = call;
  const known = read(history.calls, resource);
  const calls =
    known !== undefined && known.atMs > atMs ? history.calls : write(history.calls, resource, { callId, atMs });
  return { ...history, calls };
}

/** Whether a member of a list, or a part of one, was got since: looked for in a violation alone, and kept by no call. */
function wasGotBelow({ calls }: PollingHistory, list: string, sinceMs: number): boolean {
  const below = `${list}/`;
  return calls.some((shard) => {
    for (const [resource, { atMs }] of shard) if (atMs >= sinceMs && resource.startsWith(below)) return true;
    return false;
  });
}

/** An event told of the subject: the next call about it is no polling, on each of its resources. */
export function refresh(history: PollingHistory, subject: string, atMs: number): PollingHistory {
  return { ...history, events: later(history.events, subject, atMs) };
}

function pathOf(resource: string): string {
  const mark = resource.indexOf('?');
  return mark === -1 ? resource : resource.slice(0, mark);
}

function later(shards: Shards<number>, key: string, atMs: number): Shards<number> {
  const known = read(shards, key);
  return known !== undefined && known >= atMs ? shards : write(shards, key, atMs);
}

function read<Value>(shards: Shards<Value>, key: string): Value | undefined {
  return shards[shardOf(key)]?.get(key);
}

function write<Value>(shards: Shards<Value>, key: string, value: Value): Shards<Value> {
  const index = shardOf(key);
  const shard = new Map(shards[index]);
  shard.delete(key);
  shard.set(key, value);
  const [oldest] = shard.keys();
  if (shard.size > shardMost && oldest !== undefined) shard.delete(oldest);
  return shards.with(index, shard);
}

/** FNV-1a, so that resources of one envelope do not share a shard. */
function shardOf(key: string): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) sum = Math.imul(sum ^ key.charCodeAt(index), 0x01000193);
  return (sum >>> 0) % shardCount;
}
