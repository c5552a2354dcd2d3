import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { AuditAction } from '../../src/audit/audit-actions.rules.ts';
import type { AuditEntry } from '../../src/audit/audit-entry.ts';
import { entryOf } from '../../src/audit/entry-hash.rules.ts';
import { createHistory, type History } from '../support/history.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { operatorKey, type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into at every depth
type Answer = { status: number; body: any; requestId: string };
type By = { key: string; memberId: string };

export type WriteStand = ReturnType<typeof createWriteStand>;

/** The product as it runs, with a team that has a history, and what its audit log says of what is done over HTTP. */
export function createWriteStand() {
  let database: TestDatabase;
  let history: History;
  let posthorn: PosthornProcess;
  let folder: string;
  const done = new Set<string>();
  const said: AuditEntry[] = [];

  async function ask(method: string, path: string, body?: object, key = operatorKey): Promise<Answer> {
    const answer = await fetch(posthorn.url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get('content-type') ?? '');
    const requestId = answer.headers.get('posthorn-request-id') ?? '';
    return { status: answer.status, body: (isJson && text !== '' ? JSON.parse(text) : text) as unknown, requestId };
  }

  async function entriesAfter(after: string): Promise<AuditEntry[]> {
    const { rows } = await database.pool.query<{ sequence: string; content: string; hash: string }>(
      `SELECT sequence, content, encode(hash, 'hex') AS hash FROM audit_entry
        WHERE xmin::text::bigint > $1 AND action <> 'api-key.first-used'`,
      [after],
    );
    return rows.map((row) => entryOf({ ...row, sequence: Number(row.sequence) }));
  }
  async function presentTransaction(): Promise<string> {
    const { rows } = await database.pool.query<{ id: string }>('SELECT txid_current()::text AS id');
    return rows[0]?.id ?? '';
  }

  /** Does one thing, and holds the log to one new entry, which says who did it, to what, and by which request. */
  async function step(route: string, action: AuditAction, path: string, body?: object, by?: By): Promise<Answer> {
    const [method = ''] = route.split(' ');
    const before = await presentTransaction();
    const answer = await ask(method, path, body, by?.key);
    expect(answer.status, `${route}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    // What Posthorn goes on to do by itself is on record as its own.
    const entries = (await entriesAfter(before)).filter(({ actor }) => actor.kind !== 'posthorn');
    expect(
      entries.map((each) => each.action),
      route,
    ).toEqual([action]);
    const [entry] = entries as [AuditEntry];
    expect(entry, route).toMatchObject({
      actor: by === undefined ? { kind: 'operator', id: null } : { kind: 'api-key', memberId: by.memberId },
      requestId: answer.requestId,
      address: '127.0.0.1',
      outcome: 'succeeded',
    });
    const team = /\/teams\/([^/?]+)/.exec(path)?.[1] ?? (answer.body as { id: string }).id;
    expect(entry.team, route).toBe(team);
    done.add(route);
    said.push(entry);
    return answer;
  }

  return {
    /** A secret is made of it wherever one is given: no entry may hold it. */
    planted: `planted-${randomBytes(8).toString('hex')}`,
    /** Routes that were seen to leave their entry, as the route table names them. */
    done,
    /** The entries so far. */
    said,
    get database() {
      return database;
    },
    get history() {
      return history;
    },
    get team() {
      return history.teamId;
    },
    get at() {
      return `/v1/teams/${history.teamId}`;
    },
    ask,
    entriesAfter,
    presentTransaction,
    last: () => said.at(-1) as AuditEntry,

    step,

    async open(): Promise<void> {
      database = await createTestDatabase();
      history = await createHistory(database.pool);
      folder = await mkdtemp(join(tmpdir(), 'posthorn-audit-'));
      await chmod(folder, 0o711);
      const env = {
        DATABASE_URL: databaseUrlOf(database.config),
        POSTHORN_LOG_LEVEL: 'warn',
        POSTHORN_SHUTDOWN_SECONDS: '2',
      };
      posthorn = await startPosthorn({ dataFolder: join(folder, 'data'), env });
    },
    async close(): Promise<void> {
      await posthorn.end('SIGTERM');
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
