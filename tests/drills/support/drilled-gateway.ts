import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { type Api, createApi } from '../../support/api.ts';
import { databaseUrlOf } from '../../support/own-database.ts';
import { type PosthornProcess, startPosthorn } from '../../support/posthorn-process.ts';
import { toDatabase } from '../../support/to-database.ts';
import { until } from '../../support/until.ts';

/** A real gateway in a process, from any copy of the source, with a team. */
export type DrilledGateway = {
  readonly url: string;
  readonly api: Api;
  readonly team: string;
  readonly process: PosthornProcess;
  /** Its database, on the run's server. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
};

/** What a run says of itself, as far as tests ask. */
export type Run = {
  id: string;
  check: string;
  subject: { kind: string; id: string };
  version: number;
  state: string;
  rehearsal: boolean;
  finding: { state: string; seen: string; values: { name: string; value: unknown }[]; command: string | null } | null;
  evidenceId: string | null;
  transcript: { atMs: number; says: string; values: { name: string; value: unknown }[] }[];
  transcriptHash: string | null;
};

export const ownSource = join(import.meta.dirname, '../../..');
/** Of this tree alone: copies would never meet theirs again. */
const compileCache = join(tmpdir(), 'posthorn-drilled-compiled');

export type RunOptions = { pace?: number | undefined; confirm?: true; withinMs?: number };

/** @param folder of the source: this tree, or a copy of it */
export async function startGatewayOf(
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<DrilledGateway> {
  const server = inject('testServer');
  const name = `posthorn_drill_${randomBytes(8).toString('hex')}`;
  const admin = new pg.Pool({ ...server, max: 1 });
  admin.on('error', () => undefined);
  await admin.query(`CREATE DATABASE ${name}`);
  const config = toDatabase(server, name);
  const data = await mkdtemp(join(tmpdir(), 'posthorn-drilled-'));
  const pool = new pg.Pool({ ...config, max: 2 });
  pool.on('error', () => undefined);
  const clear = async (): Promise<void> => {
    await pool.end();
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
    await rm(data, { recursive: true, force: true });
  };
  try {
    const process = await startPosthorn({
      dataFolder: join(data, 'data'),
      // Its own source, and everything that it starts.
      before: `cd '${folder}'`,
      // Others may use the machine too.
      deadlineMs: 180_000,
      env: {
        DATABASE_URL: databaseUrlOf(config),
        POSTHORN_LOG_LEVEL: 'warn',
        POSTHORN_SHUTDOWN_SECONDS: '2',
        ...(folder === ownSource ? { NODE_COMPILE_CACHE: compileCache } : {}),
        ...environment,
      },
    });
    const api = createApi(() => process.url);
    const { id: team } = await api.call<{ id: string }>('POST', '/v1/teams', { name: 'Drilled' });
    return {
      url: process.url,
      api,
      team,
      process,
      query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
        (await pool.query(text, [...values])).rows as Row[],
      async stop() {
        await process.end('SIGTERM');
        await clear();
      },
    };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** Runs a drill over HTTP and waits for its end. @param subject null: the first of all that it is about */
export async function runDrill(
  gateway: DrilledGateway,
  check: string,
  subject: string | null,
  { pace, confirm, withinMs = 240_000 }: RunOptions = {},
): Promise<Run> {
  const at = `/v1/teams/${gateway.team}/drills/runs`;
  const body = {
    check,
    ...(subject === null ? {} : { subject }),
    ...(pace === undefined ? {} : { pace }),
    ...(confirm === undefined ? {} : { confirm }),
  };
  const { data } = await gateway.api.call<{ data: Run[] }>('POST', at, body);
  const [first] = data;
  return until(
    `the drill of ${check} to end`,
    async () => {
      const run = await gateway.api.call<Run>('GET', `${at}/${first?.id}`);
      return ['waiting', 'running'].includes(run.state) ? null : run;
    },
    { deadlineMs: withinMs, everyMs: 100 },
  );
}
