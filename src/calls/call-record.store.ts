import type pg from 'pg';
import {
  boolColumn,
  byteaColumn,
  type Column,
  float4Column,
  float8Column,
  int2Column,
  int8Column,
  textColumn,
  uuidColumn,
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

const nilDigits = '0'.repeat(26);
const idOrNil = (prefix: IdPrefix, id: string | null): string =>
  id !== null && isId(prefix, id) ? id : `${prefix}_${nilDigits}`;
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
    pool.query({
      name: 'begin_calls',
      text: beginSql,
      values: [epoch, ...startColumns.map((column) => column(starts))],
    });

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
    const ends = calls.map(({ end }) => end);
    const { rows } = await pool.query<{ missing: string[] | null }>({
      name: 'end_calls',
      text: endSql,
      values: [...firstAndLast(ends), ...endColumns.map((column) => column(ends))],
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
        values: [epoch, withdrawnTeams(calls), withdrawnIds(calls)],
      });
    },
  };
}

/** The smallest and the largest id as uuids; ids of one kind are ordered as these. */
function firstAndLast(ends: readonly CallEnd[]): [string, string] {
  let [{ id: first }, { id: last }] = [ends[0] as CallEnd, ends[0] as CallEnd];
  for (const { id } of ends) {
    if (id < first) first = id;
    if (id > last) last = id;
  }
  return [uuidFromId(first), uuidFromId(last)];
}

const withdrawnTeams = uuidColumn<{ teamId: string }>((call) => call.teamId);
const withdrawnIds = uuidColumn<{ id: string }>((call) => call.id);

const startColumns: readonly Column<CallStart>[] = [
  uuidColumn((start) => start.teamId),
  uuidColumn((start) => start.id),
  uuidColumn((start) => start.connectionId),
  textColumn((start) => storableText(start.provider)),
  textColumn((start) => storableText(start.environment)),
  uuidColumn((start) => idOrNil(idPrefixes.apiKey, start.apiKeyId)),
  textColumn((start) => storableText(start.origin)),
  textColumn((start) => storableText(start.method)),
  textColumn((start) => storableText(start.operation)),
  textColumn((start) => storableText(start.template)),
  textColumn((start) => storableText(start.subject)),
  textColumn((start) => storableText(start.resource)),
  textColumn((start) => storableText(start.path)),
  boolColumn((start) => start.counted),
];

const storableStatus = (value: number | null): number | null =>
  value === null ? null : storableWhole(value, mostStatus);

const endColumns: readonly Column<CallEnd>[] = [
  uuidColumn((end) => end.teamId),
  uuidColumn((end) => end.id),
  int2Column((end) => storableStatus(end.status)),
  int2Column((end) => storableStatus(end.answered)),
  textColumn((end) => storableText(end.error)),
  textColumn((end) => storableText(end.errorCode)),
  int2Column((end) => storableWhole(end.tries.length, mostStatus)),
  textColumn(({ tries }) => storableText(tries.length === 0 ? null : triesText(tries))),
  float4Column((end) => end.timing.queueMs),
  float4Column((end) => end.timing.dnsMs),
  float4Column((end) => end.timing.connectMs),
  float4Column((end) => end.timing.tlsMs),
  float4Column((end) => end.timing.firstByteMs),
  float4Column((end) => end.timing.totalMs),
  int8Column((end) => storableWhole(end.requestBytes)),
  int8Column((end) => storableWhole(end.responseBytes)),
  textColumn((end) => storableText(end.cache)),
  textColumn((end) => storableText(end.polling)),
  uuidColumn((end) => idOrNil(idPrefixes.call, end.repeats?.callId ?? null)),
  float8Column((end) => end.repeats?.agoMs ?? null),
  textColumn((end) => storableText(end.repeats?.pattern ?? null)),
  uuidColumn((end) => idOrNil(idPrefixes.connectionCredential, end.credentialId)),
  textColumn((end) => storableText(end.credentialKind)),
  textColumn(({ rateHeaders }) =>
    storableText(Object.keys(rateHeaders).length === 0 ? null : JSON.stringify(rateHeaders)),
  ),
  byteaColumn((end) => end.requestBody),
  byteaColumn((end) => end.responseBody),
  float8Column((end) => end.endedAtMs),
];

function triesText(tries: CallEnd['tries']): string {
  return JSON.stringify(tries.map((each) => [each.status, each.error, each.atMs, each.durationMs]));
}
