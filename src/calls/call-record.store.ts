import type pg from 'pg';
import {
  boolArray,
  byteaArray,
  float4Array,
  float8Array,
  int2Array,
  int8Array,
  textArray,
  uuidArray,
} from '../database/binary-arrays.ts';
import { idPrefixes, type IdPrefix, isId, uuidFromId } from '../ids/id.rules.ts';
import type { CallEnd, CallStart } from './call-ledger.ts';
import { type BegunCall, type EndedCall, storableText, storableWhole } from './recorded-call.rules.ts';

/** The ledger's tables. Every method rejects when the database is out of reach, and is safe to call again. */
export type CallRecordStore = {
  /** Puts calls on record, all of one epoch. */
  begin(epoch: number, starts: readonly CallStart[]): Promise<void>;
  /** Records how calls ended, durably; one whose begin was lost is put on record first. */
  end(calls: readonly EndedCall[]): Promise<void>;
  /** Takes calls back that did not go out; none can appear afterwards. */
  withdraw(epoch: number, calls: readonly { teamId: string; id: string }[]): Promise<void>;
};

const nilId = (prefix: IdPrefix): string => `${prefix}_${'0'.repeat(26)}`;
const idOrNil = (prefix: IdPrefix, id: string | null): string => (id !== null && isId(prefix, id) ? id : nilId(prefix));
const places = (count: number): string => Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ');

/**
 * Planned once for any values: planned anew for each batch, PostgreSQL takes the newest ids for next to none, and walks
 * all calls between the smallest and the largest for every one of them. Set before the function runs: left to right.
 */
const plannedOnce = `set_config('plan_cache_mode', 'force_generic_plan', true)`;
const beginSql = `SELECT ${plannedOnce}, begin_calls(${places(15)})`;
const endSql = `SELECT ${plannedOnce}, end_calls(${places(29)}) AS missing`;
/** SQLSTATE of a row that fits no partition. */
const noPartition = '23514';
const mostStatus = 32_767;

export function createCallRecordStore(pool: pg.Pool): CallRecordStore {
  const insert = (epoch: number, starts: readonly CallStart[]) =>
    pool.query({ name: 'begin_calls', text: beginSql, values: [epoch, ...startColumns(starts)] });

  const begin: CallRecordStore['begin'] = async (epoch, starts) => {
    try {
      await insert(epoch, starts);
    } catch (error) {
      if ((error as { code?: unknown }).code !== noPartition) throw error;
      await pool.query('SELECT make_day_partitions(7)');
      await insert(epoch, starts);
    }
  };

  const update = async (calls: readonly EndedCall[]): Promise<Set<string>> => {
    const { rows } = await pool.query<{ missing: string[] | null }>({
      name: 'end_calls',
      text: endSql,
      values: endColumns(calls.map(({ end }) => end)),
    });
    return new Set(rows[0]?.missing);
  };

  return {
    begin,
    async end(calls) {
      const missing = await update(calls);
      if (missing.size === 0) return;
      const lost = calls.filter(({ start }) => missing.has(uuidFromId(start.id)));
      for (const [epoch, group] of Map.groupBy(lost, (call: BegunCall) => call.epoch)) {
        await begin(
          epoch,
          group.map(({ start }) => start),
        );
      }
      // It waits for the disk, and with it for the begins before it.
      await update(lost);
    },
    async withdraw(epoch, calls) {
      await pool.query({
        name: 'withdraw_calls',
        text: 'SELECT withdraw_calls($1, $2, $3)',
        values: [epoch, uuidArray(calls, (call) => call.teamId), uuidArray(calls, (call) => call.id)],
      });
    },
  };
}

function startColumns(starts: readonly CallStart[]): Buffer[] {
  const text = (read: (start: CallStart) => string | null): Buffer =>
    textArray(starts, (start) => storableText(read(start)));
  return [
    uuidArray(starts, (start) => start.teamId),
    uuidArray(starts, (start) => start.id),
    uuidArray(starts, (start) => start.connectionId),
    text((start) => start.provider),
    text((start) => start.environment),
    uuidArray(starts, (start) => idOrNil(idPrefixes.apiKey, start.apiKeyId)),
    text((start) => start.origin),
    text((start) => start.method),
    text((start) => start.operation),
    text((start) => start.template),
    text((start) => start.subject),
    text((start) => start.resource),
    text((start) => start.path),
    boolArray(starts, (start) => start.counted),
  ];
}

function endColumns(ends: readonly CallEnd[]): (string | Buffer)[] {
  const text = (read: (end: CallEnd) => string | null): Buffer => textArray(ends, (end) => storableText(read(end)));
  const real = (read: (end: CallEnd) => number | null): Buffer => float4Array(ends, read);
  const status = (value: number | null): number | null => (value === null ? null : storableWhole(value, mostStatus));
  const sorted = ends.map((end) => uuidFromId(end.id)).sort();
  return [
    sorted[0] as string,
    sorted.at(-1) as string,
    uuidArray(ends, (end) => end.teamId),
    uuidArray(ends, (end) => end.id),
    int2Array(ends, (end) => status(end.status)),
    int2Array(ends, (end) => status(end.answered)),
    text((end) => end.error),
    text((end) => end.errorCode),
    int2Array(ends, (end) => storableWhole(end.tries.length, mostStatus)),
    text(({ tries }) =>
      tries.length === 0
        ? null
        : JSON.stringify(tries.map((each) => [each.status, each.error, each.atMs, each.durationMs])),
    ),
    real((end) => end.timing.queueMs),
    real((end) => end.timing.dnsMs),
    real((end) => end.timing.connectMs),
    real((end) => end.timing.tlsMs),
    real((end) => end.timing.firstByteMs),
    real((end) => end.timing.totalMs),
    int8Array(ends, (end) => storableWhole(end.requestBytes)),
    int8Array(ends, (end) => storableWhole(end.responseBytes)),
    text((end) => end.cache),
    text((end) => end.polling),
    uuidArray(ends, (end) => idOrNil(idPrefixes.call, end.repeats?.callId ?? null)),
    float8Array(ends, (end) => end.repeats?.agoMs ?? null),
    text((end) => end.repeats?.pattern ?? null),
    uuidArray(ends, (end) => idOrNil(idPrefixes.connectionCredential, end.credentialId)),
    text((end) => end.credentialKind),
    text(({ rateHeaders }) => (Object.keys(rateHeaders).length === 0 ? null : JSON.stringify(rateHeaders))),
    byteaArray(ends, (end) => end.requestBody),
    byteaArray(ends, (end) => end.responseBody),
    float8Array(ends, (end) => end.endedAtMs),
  ];
}
