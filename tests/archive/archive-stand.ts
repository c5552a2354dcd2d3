import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from '../../src/calling/caller.ts';
import { createArchive } from '../../src/archive/create-archive.ts';
import { listDocuments } from '../../src/archive/list-documents.ts';
import { listJobs } from '../../src/archive/list-jobs.ts';
import type { BlobStore } from '../../src/blobs/blob-store.ts';
import { openBlobStore } from '../../src/blobs/open-blob-store.ts';
import type { ConnectionConfig } from '../../src/connections/connection-config.ts';
import type { Timers } from '../../src/delivery/delivery-ports.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { createHistory, type History } from '../support/history.ts';
import { createManualTimers } from '../support/manual-timers.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';
import { connectionOf, type ConnectionOptions, plainCaller } from './archive-parts.ts';
import { type FakeProvider, startFakeProvider } from './fake-provider.ts';

/** Older than any event of a test, and not before the partitions of a new database. */
const agoMs = 30_000;

export type ArchiveStand = Awaited<ReturnType<typeof openArchiveStand>>;

/** The archive over a database, a folder and a provider of its own, with a team at a time. */
export async function openArchiveStand(more: { blobs?: BlobStore } = {}) {
  const database = await createTestDatabase();
  const provider: FakeProvider = await startFakeProvider();
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-archive-'));
  const blobs = more.blobs ?? openBlobStore({ kind: 'folder' }, folder);
  const clock = { now: () => Date.now() };
  const ids = createIdSource(clock);
  const connections = new Map<string, ConnectionConfig>();
  const directory = {
    all: () => connections.values(),
    find: (id: string) => connections.get(id) ?? null,
    awaitNew: () => null,
  };
  const errors: { where: string; error: unknown }[] = [];
  let history: History;
  let told = 0;
  let envelopes = 0;

  type Limits = NonNullable<Parameters<typeof createArchive>[0]['limits']>;
  const node = (limits: Limits = {}, call: Caller = plainCaller(provider.url)) => {
    const timers = createManualTimers();
    // What rests for a moment only does so; everything longer waits for the test.
    const moments: Timers = {
      after(delayMs, run) {
        if (delayMs > 100) return timers.after(delayMs, run);
        const timer = setTimeout(run, delayMs);
        return { cancel: () => clearTimeout(timer) };
      },
    };
    const archive = createArchive({
      database: database.pool,
      blobs,
      clock,
      ids,
      connections: directory,
      call,
      timers: moments,
      onTold: () => {
        told += 1;
      },
      onError: (where, error) => errors.push({ where, error }),
      random: () => 0.5,
      limits,
    });
    return { archive, timers };
  };
  const jobs = () =>
    listJobs({ database: database.pool }, { teamId: history.teamId, filter: {}, limit: 100, after: null });
  const documents = () =>
    listDocuments({ database: database.pool }, { teamId: history.teamId, filter: {}, limit: 100, after: null });
  const settled = async () => {
    const all = await jobs();
    return all.length > 0 && all.every(({ state }) => state !== 'waiting') ? all : null;
  };
  const attempted = (attempts: number) => async () => {
    const all = await jobs();
    return all.length > 0 && all.every((job) => job.attempts >= attempts) ? all : null;
  };
  /** A node that works until everything asked of it is so, and stops. */
  async function work<Found>(
    what: string,
    look: () => Promise<Found>,
    limits: Limits = {},
  ): Promise<NonNullable<Found>> {
    const { archive } = node(limits);
    archive.start();
    try {
      return await until(what, look);
    } finally {
      await archive.stop();
    }
  }

  return {
    database,
    provider,
    folder,
    blobs,
    directory,
    errors,
    clock,
    ids,
    get teamId() {
      return history.teamId;
    },
    told: () => told,
    newEnvelope: (): string => {
      envelopes += 1;
      return `envelope_${envelopes}`;
    },
    async newTeam(): Promise<string> {
      history = await createHistory(database.pool);
      connections.clear();
      errors.length = 0;
      provider.asked.length = 0;
      told = 0;
      for (const table of [
        'archive_job',
        'archive_cursor',
        'archived_document',
        'archive_verification',
        'operational_outbox',
      ]) {
        await database.pool.query(`DELETE FROM ${table}`);
      }
      return history.teamId;
    },
    connect(options: ConnectionOptions = {}): ConnectionConfig {
      const at = Date.now() - 2 * agoMs;
      const owner = { teamId: history.teamId, id: history.id('con', at), sourceIds: [history.id('src', at)] };
      const connection = connectionOf(owner, options);
      connections.set(connection.id, connection);
      return connection;
    },
    replace: (connection: ConnectionConfig) => void connections.set(connection.id, connection),
    disconnect: (id: string) => void connections.delete(id),
    /** An event of the connection's source, old enough to be past the horizon. */
    async event(
      connection: ConnectionConfig,
      subject: string | null,
      options: { type?: string; body?: unknown; atMs?: number; isNow?: true } = {},
    ): Promise<string> {
      const id = history.id('evt', options.isNow ? Date.now() : (options.atMs ?? Date.now() - agoMs / 2));
      // One of the past lies before where a node may stand already, as no real event can.
      if (options.isNow !== true) await database.pool.query('DELETE FROM archive_cursor');
      await database.pool.query(
        `INSERT INTO event (team_id, id, type, content_type, body, ordering_key, source_id, coverage, credential)
          VALUES ($1, $2, $3, 'application/json', $4, $5, $6, 1, '1')`,
        [
          uuidFromId(connection.teamId),
          uuidFromId(id),
          options.type ?? 'DOCUMENT_COMPLETED',
          Buffer.from(JSON.stringify(options.body ?? { payload: { envelopeId: subject } })),
          subject,
          uuidFromId(connection.sourceIds[0] as string),
        ],
      );
      return id;
    },
    node,
    work,
    settled,
    attempted,
    stored: () => work('the job to be settled', settled),
    failing: (attempts = 1) => work('the attempt to fail', attempted(attempts)),
    jobs,
    documents,
    async job() {
      const [first] = await jobs();
      if (first === undefined) throw new Error('there is no job');
      return first;
    },
    /** Lets time pass for the jobs: what is due later is due now. */
    makeDue: () => database.pool.query("UPDATE archive_job SET due_at = now() WHERE state = 'waiting'"),
    age: (hours: number) =>
      database.pool.query('UPDATE archive_job SET since = since - make_interval(hours => $1)', [hours]),
    async news(): Promise<{ type: string; data: Record<string, unknown> }[]> {
      const { rows } = await database.pool.query<{ type: string; data: Record<string, unknown> }>(
        'SELECT type, data FROM operational_outbox WHERE team_id = $1 ORDER BY created_at',
        [uuidFromId(history.teamId)],
      );
      return rows;
    },
    /** Names of the files that are kept for the team, drafts too. */
    files: () => readdir(join(folder, 'blobs', 'archive', history.teamId)).catch(() => [] as string[]),
    async tamper(sha256: string, body: Buffer | null): Promise<void> {
      const path = join(folder, 'blobs', 'archive', history.teamId, sha256);
      if (body === null) return rm(path);
      await chmod(path, 0o600);
      await writeFile(path, body);
    },
    async close(): Promise<void> {
      await provider.close();
      await blobs.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
