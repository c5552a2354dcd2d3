import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { createRandom } from '../simulation/random.ts';
import { type Api, createApi } from '../support/api.ts';
import { type JournalReceiver, startReceiver } from '../support/journal-receiver.ts';
import { EarlyEnd, killDatabaseOf, type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';
import { databaseOf, type FolderDatabase } from './folder-database.ts';
import { InboundLedger } from './inbound-ledger.ts';
import { InboundLoad } from './inbound-load.ts';
import { auditInbound, countSeenAgain } from './inbound-oracle.ts';
import { Journal } from './journal.ts';
import { kill, within } from './kill.ts';
import { createKillPlans, type KillPlan } from './kill-plan.ts';
import { Ledger } from './ledger.ts';
import { Load } from './load.ts';
import { audit, findPhantoms } from './oracle.ts';
import type { CrashReport, RoundFigures } from './report.ts';
import { countSetAside, measureSpool, readSpoolLeft } from './spool-left.ts';
import { buildStage, type Stage } from './stage.ts';

/** A start that is to be killed has this long to get there once it is ready. */
const startPatienceMs = 1_500;
const recoveryMaxMs = 60_000;
const deliveredMaxMs = 60_000;
const drainedMaxMs = 30_000;
/** Everything is looked at again this often, not only what is new. */
const fullAuditEvery = 25;

export type CrashOptions = {
  rounds: number;
  seed: number;
  /** A pattern: kinds of kill with such a name alone. */
  only?: string;
  /** How each round is to end, where it is not to be chance. */
  plans?: () => KillPlan;
  /** Ends the run after the round under way. */
  stop?: AbortSignal;
  onRound?: (figures: RoundFigures, round: number) => void;
  /** Changes the database behind Posthorn's back before a round's audit, to see that the oracle notices. */
  sabotage?: (database: pg.Client, round: number) => Promise<void>;
  /** The same with the data folder, while no Posthorn runs on it. */
  sabotageFolder?: (dataFolder: string) => Promise<void>;
};

/** Runs the rounds on one data folder. Ends with the first round that fails; its folder is then kept. */
export async function runCrashRounds(options: CrashOptions): Promise<CrashReport & { keptFolder: string | null }> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-crash-'));
  await chmod(folder, 0o711);
  const receiver = await startReceiver();
  const harness = new Harness(options, join(folder, 'data'), receiver);
  try {
    const report = await harness.run();
    const failed = report.failures.length > 0;
    await harness.close();
    if (!failed) await rm(folder, { recursive: true, force: true });
    return { ...report, keptFolder: failed ? folder : null };
  } finally {
    await harness.close();
    await receiver.close();
  }
}

class Harness {
  private readonly options: CrashOptions;
  private readonly dataFolder: string;
  private readonly receiver: JournalReceiver;
  private readonly ledger = new Ledger();
  private readonly inbound = new InboundLedger();
  private readonly journal = new Journal();
  private readonly rounds: RoundFigures[] = [];
  private posthorn: PosthornProcess | null = null;
  private duplicatesBefore = 0;
  private endedAtStart = false;
  /** Names of what was in the spool when Posthorn was last killed. */
  private spooled: ReadonlySet<string> = new Set();
  private readonly database: FolderDatabase;

  constructor(options: CrashOptions, dataFolder: string, receiver: JournalReceiver) {
    this.options = options;
    this.dataFolder = dataFolder;
    this.database = databaseOf(dataFolder);
    this.receiver = receiver;
  }

  async run(): Promise<CrashReport> {
    const startedAtMs = performance.now();
    const random = createRandom(this.options.seed);
    const plans = createKillPlans(random.fork(), new RegExp(this.options.only ?? ''));
    const api = createApi(() => this.posthorn?.url ?? '');
    const nextPlan = (): KillPlan => this.options.plans?.() ?? plans.next();
    let plan = nextPlan();
    this.posthorn = await this.start(null);
    const stage = await buildStage(api, this.receiver, random);
    await this.posthorn.end('SIGTERM');
    this.posthorn = await this.start(plan);
    const load = new Load({ ledger: this.ledger, stage, random: random.fork() });
    const inboundLoad = new InboundLoad({ ledger: this.inbound, stage, random: random.fork() });

    const failures: string[] = [];
    let states: Record<string, number> = {};
    let seenAgain = 0;
    for (let round = 1; round <= this.options.rounds && failures.length === 0; round += 1) {
      if (this.options.stop?.aborted) break;
      const next = nextPlan();
      try {
        const { reached, recoveryMs } = await this.playRound(plan, next, [load, inboundLoad], round);
        failures.push(...(await this.check(stage, api, [load, inboundLoad], round)));
        const duplicates = this.journal.duplicateCount - this.duplicatesBefore;
        this.duplicatesBefore = this.journal.duplicateCount;
        const figures = { kind: plan.name, reached, recoveryMs, duplicates };
        this.rounds.push(figures);
        this.options.onRound?.(figures, round);
      } catch (error) {
        failures.push(describe(error));
      }
      if (failures.length > 0) failures.unshift(`round ${round}, ${plan.name}:`);
      plan = next;
    }
    if (failures.length === 0) {
      try {
        failures.push(...(await this.drain(stage, api)));
        states = await this.countStates();
        seenAgain = await this.database.use(countSeenAgain);
      } catch (error) {
        failures.push(describe(error));
      }
    }
    if (failures.length === 0) {
      const { code } = await this.posthorn.end('SIGTERM');
      if (code !== 0) failures.push(`the last Posthorn ended with ${code}`);
    }
    const { ledger } = this;
    return {
      rounds: this.rounds,
      seconds: (performance.now() - startedAtMs) / 1000,
      posts: ledger.posts,
      answers: ledger.answers,
      refusals: Object.fromEntries(ledger.refusals),
      unanswered: ledger.unanswered,
      inbound: { ...this.inbound.figures, seenAgain },
      events: ledger.acknowledged.size,
      deliveries: [...ledger.acknowledged.values()].reduce((sum, { deliveries }) => sum + deliveries, 0),
      receptions: this.journal.receptionCount,
      states,
      failures,
      seed: this.options.seed,
    };
  }

  async close(): Promise<void> {
    if (this.posthorn?.running() === true) await this.posthorn.end('SIGKILL');
    if (this.posthorn !== null) await writeFile(join(this.dataFolder, 'last-process.log'), this.posthorn.output());
    this.posthorn = null;
    await killDatabaseOf(this.dataFolder);
  }

  /** Load, the kill, and Posthorn up again for the round after: with that one's point, not armed yet. */
  private async playRound(plan: KillPlan, next: KillPlan, [load, inboundLoad]: [Load, InboundLoad], round: number) {
    const posthorn = this.posthorn as PosthornProcess;
    const stopLoad = async (): Promise<void> => {
      await Promise.all([load.stop(), inboundLoad.stop()]);
    };
    load.start(posthorn.url, round);
    inboundLoad.start(posthorn.url, round, plan.kind !== 'point' && !(plan.kind === 'moment' && !plan.burst));
    let reached: boolean;
    let recoveryMs: number | null = null;
    if (plan.kind === 'point' && plan.atStart) {
      reached = this.endedAtStart;
      await delay(400);
      await posthorn.end('SIGKILL');
    } else {
      const spoolBytes = (): Promise<number> => measureSpool(this.dataFolder);
      ({ reached, recoveryMs } = await kill(plan, { posthorn, database: this.database, spoolBytes, stopLoad }));
    }
    await stopLoad();
    this.spooled = await readSpoolLeft(this.dataFolder);
    this.inbound.figures.inSpoolAtKills += this.spooled.size;
    await this.options.sabotageFolder?.(this.dataFolder);
    this.posthorn = await this.start(next);
    return { reached, recoveryMs: recoveryMs ?? this.posthorn.readyAfterMs };
  }

  // A start that is to be killed at a point is killed there, or soon after it is ready; the one after that is left alone.
  private async start(plan: KillPlan | null): Promise<PosthornProcess> {
    const env: Record<string, string> = { POSTHORN_LOG_LEVEL: 'warn' };
    const options = { dataFolder: this.dataFolder, deadlineMs: recoveryMaxMs };
    const withPoint = { ...options, env: plan?.kind === 'point' ? { ...env, POSTHORN_CRASH_POINT: plan.point } : env };
    if (plan?.kind !== 'point' || !plan.atStart) return startPosthorn(withPoint);
    try {
      const posthorn = await startPosthorn(withPoint);
      this.endedAtStart = (await within(startPatienceMs, posthorn.ended)) !== null;
      await posthorn.end('SIGKILL');
    } catch (error) {
      if (!(error instanceof EarlyEnd) || error.ending.signal !== 'SIGKILL') throw error;
      this.endedAtStart = true;
    }
    return startPosthorn({ ...options, env });
  }

  private async check(
    stage: Stage,
    api: Api,
    [load, inboundLoad]: [Load, InboundLoad],
    round: number,
  ): Promise<string[]> {
    const posthorn = this.posthorn as PosthornProcess;
    await inboundLoad.repeat(posthorn.url, round);
    await load.resolveKeys(posthorn.url, round);
    return this.database.use(async (database) => {
      const full = round % fullAuditEvery === 0;
      const sinceRound = full ? 0 : round - 1;
      const { inbound: ledger, spooled } = this;
      const early = await auditInbound({ database, ledger, spooled, sinceRound });
      if (early.length > 0) return ['while the spool is drained:', ...early];
      await this.awaitDrained(posthorn);
      await this.options.sabotage?.(database, round);
      const failures = await this.auditNow(database, stage, sinceRound);
      if (failures.length > 0) return failures;
      failures.push(...(await this.checkByApi(api, round)));
      await this.awaitDelivered(database, round);
      return [...failures, ...(await findPhantoms(database, this.journal))];
    });
  }

  private async auditNow(database: pg.Client, stage: Stage, sinceRound: number): Promise<string[]> {
    const { ledger, journal, receiver } = this;
    // Rows first, journal second: what the database calls received must be in the journal by then.
    const take = (): void => journal.take(receiver.receptions);
    const wrongs = await audit({ database, ledger, stage, journal, takeJournal: take, sinceRound });
    wrongs.push(...(await auditInbound({ database, ledger: this.inbound, spooled: new Set(), sinceRound })));
    const setAside = await countSetAside(this.dataFolder);
    if (setAside > 0) wrongs.push(`${setAside} files of requests were set aside`);
    return wrongs;
  }

  /** What was spooled gets into the database, without anyone's help. */
  private async awaitDrained(posthorn: PosthornProcess): Promise<void> {
    const drained = async (): Promise<boolean> => {
      const answer = await fetch(`${posthorn.url}/readyz`);
      const { checks } = (await answer.json()) as { checks: { name: string; detail: string }[] };
      const detail = checks.find(({ name }) => name === 'spool')?.detail;
      if (detail !== 'empty') throw new Error(detail);
      return true;
    };
    await until('the spool to be drained', drained, { deadlineMs: drainedMaxMs });
  }

  /** What was acknowledged up to the kill reaches the endpoints that work, without anyone's help. */
  private async awaitDelivered(database: pg.Client, round: number): Promise<void> {
    const healthy = "SELECT id FROM endpoint WHERE url LIKE '%-healthy' OR url LIKE '%-slow'";
    try {
      await until(
        'everything to be delivered',
        async () => {
          const { rows } = await database.query<{ open: string }>(
            `SELECT count(*) AS open FROM delivery WHERE state = 0 AND endpoint_id IN (${healthy})`,
          );
          return rows[0]?.open === '0';
        },
        { deadlineMs: deliveredMaxMs },
      );
    } catch (error) {
      const { rows } = await database.query<{ id: string }>(
        `SELECT id FROM delivery WHERE state = 0 AND endpoint_id IN (${healthy}) LIMIT 5`,
      );
      throw new Error(`stuck since round ${round}: ${rows.map(({ id }) => id).join(', ')}`, { cause: error });
    }
  }

  private async checkByApi(api: Api, round: number): Promise<string[]> {
    const recent = [...this.ledger.acknowledged.values()].filter((entry) => entry.round === round);
    const failures: string[] = [];
    for (const entry of [recent[0], recent.at(-1)]) {
      if (entry === undefined) continue;
      const { teamId, eventId, deliveries } = entry;
      await api.call('GET', `/v1/teams/${teamId}/events/${eventId}`);
      const { data } = await api.call<{ data: { state: string }[] }>(
        'GET',
        `/v1/teams/${teamId}/deliveries?event=${eventId}`,
      );
      const good = data.every(({ state }) => ['succeeded', 'dead', 'held', 'pending'].includes(state));
      if (data.length !== deliveries || !good) failures.push(`the API shows ${JSON.stringify(data)} for ${eventId}`);
    }
    return failures;
  }

  /** The end: endpoints work again and are resumed, and everything must reach them. */
  private async drain(stage: Stage, api: Api): Promise<string[]> {
    stage.heal();
    for (const team of stage.teams) {
      await api.call('PATCH', `/v1/teams/${team.id}/endpoints/${team.heldEndpointId}`, { status: 'active' });
    }
    return this.database.use(async (database) => {
      await until(
        'the last deliveries',
        async () => {
          const open = await database.query<{ open: string }>('SELECT count(*) AS open FROM delivery WHERE state = 0');
          return open.rows[0]?.open === '0';
        },
        { deadlineMs: 180_000, everyMs: 100 },
      );
      const failures = await this.auditNow(database, stage, 0);
      return [...failures, ...(await findPhantoms(database, this.journal))];
    });
  }

  private async countStates(): Promise<Record<string, number>> {
    return this.database.use(async (database) => {
      const { rows } = await database.query<{ state: number; count: string }>(
        'SELECT state, count(*) AS count FROM delivery GROUP BY 1 ORDER BY 1',
      );
      const names = ['pending', 'succeeded', 'dead', 'cancelled'];
      return Object.fromEntries(rows.map(({ state, count }) => [names[state] ?? String(state), Number(count)]));
    });
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
