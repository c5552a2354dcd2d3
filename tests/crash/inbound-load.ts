import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Random } from '../simulation/random.ts';
import type { InboundLedger } from './inbound-ledger.ts';
import { inboundEvents, type Notification, requestOf } from './inbound-requests.ts';
import type { Stage } from './stage.ts';

type Source = Stage['sources'][number];

const subjectsOfSource = 2;
const postersOfSource = 2;
/** More goes to the blob store; see receiver.ts. */
const largeChars = 300_000;

/** Posts to sources as providers do, until `stop` or until Posthorn is gone. */
export class InboundLoad {
  private stopped = false;
  private running: Promise<unknown> = Promise.resolve();
  private count = 0;
  private readonly sequences = new Map<string, number>();
  /** By subject: what was not answered, and is sent again before anything else of its subject is. */
  private readonly owed = new Map<string, Notification>();
  private readonly recent = new Map<string, Notification[]>();
  private readonly ledger: InboundLedger;
  private readonly stage: Stage;
  private readonly random: Random;

  constructor(options: { ledger: InboundLedger; stage: Stage; random: Random }) {
    this.ledger = options.ledger;
    this.stage = options.stage;
    this.random = options.random;
  }

  start(url: string, round: number, burst: boolean): void {
    this.stopped = false;
    const { sources } = this.stage;
    const pool = new Pool(url, { connections: sources.length * (subjectsOfSource + 2 * postersOfSource) });
    const session = new InboundSession(pool, this.ledger, round, () => this.stopped);
    const loops: Promise<void>[] = [];
    for (const source of sources) {
      for (let index = 0; index < subjectsOfSource; index += 1) {
        loops.push(this.postInTurn(session, source, `${source.id}-subject-${index}`, this.random.fork()));
      }
      for (let index = 0; index < postersOfSource; index += 1) {
        loops.push(this.postMixed(session, source, burst, this.random.fork()));
      }
    }
    this.running = Promise.all(loops).then(() => pool.destroy());
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** Sends again what was answered lately: to a Posthorn that has just come back, and is still draining its spool. */
  async repeat(url: string, round: number): Promise<void> {
    const pool = new Pool(url, { connections: 8 });
    const session = new InboundSession(pool, this.ledger, round, () => false);
    const answered = [...this.ledger.posted.values()].filter(({ acknowledged }) => acknowledged).slice(-200);
    const some = answered.filter(() => this.random.chance(0.15));
    await Promise.all(some.map(({ notification }) => session.send(notification)));
    await pool.close();
  }

  // One after another, so that their order is known. A provider gives up on some, and repeats some that were answered.
  private async postInTurn(session: InboundSession, source: Source, subject: string, random: Random): Promise<void> {
    while (!session.over()) {
      const owed = this.owed.get(subject);
      const told = owed !== undefined && random.chance(0.9) ? owed : this.nextOf(source, subject);
      this.owed.set(subject, told);
      if (!(await session.send(told))) continue;
      this.owed.delete(subject);
      if (random.chance(0.1)) await session.send(told);
      await delay(random.whole(0, 60));
    }
  }

  private async postMixed(session: InboundSession, source: Source, burst: boolean, random: Random): Promise<void> {
    while (!session.over()) {
      const earlier = this.recent.get(source.id) ?? [];
      const dice = random.next();
      if (dice < 0.25 && earlier.length > 0) await session.send(random.pick(earlier));
      else {
        const told = this.single(source, random);
        earlier.push(told);
        this.recent.set(source.id, earlier.slice(-60));
        // The same once more at once; or, from Documenso, the same payload under another event.
        const twin = { ...told, event: inboundEvents[source.provider].single[0] };
        if (dice < 0.4) await Promise.all([session.send(told), session.send(told)]);
        else if (dice < 0.5 && source.provider === 'documenso')
          await Promise.all([session.send(told), session.send(twin)]);
        else await session.send(told);
      }
      await delay(random.whole(0, burst ? 3 : 60));
    }
  }

  private nextOf({ id: sourceId, teamId, provider }: Source, subject: string): Notification {
    const sequence = (this.sequences.get(subject) ?? 0) + 1;
    this.sequences.set(subject, sequence);
    const event = inboundEvents[provider].next;
    return { provider, teamId, sourceId, event, mark: this.newMark(), subject, sequence, text: `number ${sequence}` };
  }

  private single({ id: sourceId, teamId, provider }: Source, random: Random): Notification {
    const mark = this.newMark();
    const isLarge = provider === 'goroute' && random.chance(0.005);
    const text = 'x'.repeat(isLarge ? largeChars : random.whole(0, 600));
    const event = random.pick(inboundEvents[provider].single);
    return { provider, teamId, sourceId, event, mark, subject: `of-${mark}`, sequence: null, text };
  }

  private newMark(): string {
    this.count += 1;
    return `in-${this.count}`;
  }
}

/** One round's requests to one process. */
class InboundSession {
  private gone = false;
  private readonly pool: Pool;
  private readonly ledger: InboundLedger;
  private readonly round: number;
  private readonly stopped: () => boolean;

  constructor(pool: Pool, ledger: InboundLedger, round: number, stopped: () => boolean) {
    this.pool = pool;
    this.ledger = ledger;
    this.round = round;
    this.stopped = stopped;
  }

  over(): boolean {
    return this.gone || this.stopped();
  }

  /** True when it was answered with 2xx. No answer: then Posthorn is gone. */
  async send(told: Notification): Promise<boolean> {
    const { body, headers } = requestOf(told);
    const posted = this.ledger.sending(told, body, this.round);
    const sentAtMs = performance.now();
    try {
      const answer = await this.pool.request({ method: 'POST', path: `/in/${told.sourceId}`, headers, body });
      const text = await answer.body.text();
      this.ledger.answered(posted, { status: answer.statusCode, text, tookMs: performance.now() - sentAtMs });
      return answer.statusCode < 300;
    } catch {
      this.gone = true;
      this.ledger.figures.unanswered += 1;
      return false;
    }
  }
}
