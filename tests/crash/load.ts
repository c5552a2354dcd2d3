import { Pool } from 'undici';
import { operatorKey } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';
import type { Random } from '../simulation/random.ts';
import type { KeyedPost, Ledger } from './ledger.ts';
import type { Stage } from './stage.ts';

type PostedEvent = { type: string; payload: object; orderingKey?: string; idempotencyKey?: string };
type Accepted = { id: string; type: string; deliveries: number; duplicate: boolean };

const posters = 10;
const orderingKeys = 4;
const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' };

/** Posts until `stop`, or until Posthorn is gone. Numbers under an ordering key go on over all rounds. */
export class Load {
  private stopped = false;
  private running: Promise<unknown> = Promise.resolve();
  private count = 0;
  private readonly sequence = new Map<string, number>();
  private readonly ledger: Ledger;
  private readonly stage: Stage;
  private readonly random: Random;

  constructor(options: { ledger: Ledger; stage: Stage; random: Random }) {
    this.ledger = options.ledger;
    this.stage = options.stage;
    this.random = options.random;
  }

  start(url: string, round: number): void {
    this.stopped = false;
    const pool = new Pool(url, { connections: posters + this.stage.teams.length * orderingKeys + 4 });
    const session = new Session(pool, this.ledger, round, () => this.stopped);
    const loops: Promise<void>[] = [];
    for (let index = 0; index < posters; index += 1) loops.push(this.postMixed(session, this.random.fork()));
    for (const team of this.stage.teams) {
      for (let key = 0; key < orderingKeys; key += 1) {
        loops.push(this.postOrdered(session, team.id, `key-${key}`, this.random.fork()));
      }
    }
    loops.push(this.pauseAndResume(session, this.random.fork()));
    this.running = Promise.all(loops).then(() => pool.destroy());
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** Sends again what was never answered under its idempotency key. */
  async resolveKeys(url: string, round: number): Promise<void> {
    const pool = new Pool(url, { connections: 16 });
    const session = new Session(pool, this.ledger, round, () => false);
    const resolve = async (): Promise<boolean> => {
      await Promise.all(this.ledger.unresolvedKeys().map((post) => session.postKeyed(post)));
      return this.ledger.unresolvedKeys().length === 0;
    };
    try {
      await until('an answer to every idempotency key', resolve, { deadlineMs: 10_000 });
    } catch (error) {
      const keys = this.ledger.unresolvedKeys().map(({ key }) => key);
      throw new Error(`no answer to ${keys.join(', ')}: ${session.lastRefusal}`, { cause: error });
    } finally {
      await pool.close();
    }
  }

  private async postMixed(session: Session, random: Random): Promise<void> {
    while (!session.over()) {
      const team = random.pick(this.stage.teams).id;
      const dice = random.next();
      if (dice < 0.1) await this.postBatch(session, team, random);
      else if (dice < 0.4) await this.postUnderKey(session, team, random);
      else await session.postOne(team, { type: this.pickType(random), payload: this.payload() });
      if (random.chance(0.5)) await new Promise((resolve) => setTimeout(resolve, random.whole(0, 12)));
    }
  }

  // A new key, sometimes twice at once; or one that was answered before.
  private async postUnderKey(session: Session, teamId: string, random: Random): Promise<void> {
    const earlier = [...this.ledger.keyed.values()].at(-random.whole(1, 60));
    if (earlier !== undefined && random.chance(0.25)) {
      await session.postKeyed(earlier);
      return;
    }
    const post = this.newKeyed(teamId, random);
    await Promise.all(
      random.chance(0.2) ? [session.postKeyed(post), session.postKeyed(post)] : [session.postKeyed(post)],
    );
  }

  private newKeyed(teamId: string, random: Random): KeyedPost {
    const payload = this.payload();
    const key = `order-${payload.mark}`;
    const body = { type: this.pickType(random), payload: { ...payload, key } };
    const post = { teamId, key, body, eventId: null };
    this.ledger.keyed.set(`${teamId} ${key}`, post);
    return post;
  }

  private async postBatch(session: Session, teamId: string, random: Random): Promise<void> {
    const events = Array.from({ length: random.whole(2, 20) }, (): PostedEvent => {
      const payload = this.payload();
      return { type: this.pickType(random), payload };
    });
    await session.postBatch(teamId, events);
  }

  // One after another under each key, so that the order they were accepted in is known.
  private async postOrdered(session: Session, teamId: string, orderingKey: string, random: Random): Promise<void> {
    while (!session.over()) {
      const take = (): PostedEvent => {
        const name = `${teamId} ${orderingKey}`;
        const sequence = (this.sequence.get(name) ?? 0) + 1;
        this.sequence.set(name, sequence);
        return { type: 'thing.moved', payload: { ...this.payload(), orderingKey, sequence }, orderingKey };
      };
      if (random.chance(0.1)) await session.postBatch(teamId, [take(), take(), take()]);
      else await session.postOne(teamId, take());
      await new Promise((resolve) => setTimeout(resolve, random.whole(60, 200)));
    }
  }

  private async pauseAndResume(session: Session, random: Random): Promise<void> {
    while (!session.over()) {
      const team = random.pick(this.stage.teams);
      const status = random.chance(0.5) ? 'active' : 'paused';
      await session.send('PATCH', `/v1/teams/${team.id}/endpoints/${team.heldEndpointId}`, { status });
      await new Promise((resolve) => setTimeout(resolve, random.whole(50, 300)));
    }
  }

  private pickType(random: Random): string {
    const dice = random.next();
    if (dice < 0.6) return 'thing.made';
    if (dice < 0.75) return 'thing.slow';
    return dice < 0.97 ? 'thing.kept' : 'thing.lost';
  }

  private payload(): { mark: number; text: string } {
    this.count += 1;
    return { mark: this.count, text: 'x'.repeat(this.count % 400) };
  }
}

/** One round's posts to one process. */
class Session {
  lastRefusal = '';
  private gone = false;
  private readonly pool: Pool;
  private readonly ledger: Ledger;
  private readonly round: number;
  private readonly stopped: () => boolean;

  constructor(pool: Pool, ledger: Ledger, round: number, stopped: () => boolean) {
    this.pool = pool;
    this.ledger = ledger;
    this.round = round;
    this.stopped = stopped;
  }

  over(): boolean {
    return this.gone || this.stopped();
  }

  async postOne(teamId: string, event: PostedEvent): Promise<void> {
    const answer = await this.post(`/v1/teams/${teamId}/events`, event);
    if (answer !== null) this.note(teamId, answer as Accepted, null, 'single');
  }

  async postKeyed(post: KeyedPost): Promise<void> {
    const answer = await this.post(`/v1/teams/${post.teamId}/events`, post.body, { 'idempotency-key': post.key });
    if (answer !== null) this.note(post.teamId, answer as Accepted, post.key, 'single');
  }

  async postBatch(teamId: string, events: PostedEvent[]): Promise<void> {
    const answer = (await this.post(`/v1/teams/${teamId}/events/batch`, { events })) as { data: Accepted[] } | null;
    if (answer === null) return;
    if (answer.data.length !== events.length) this.ledger.wrongs.push('a batch was not answered event by event');
    for (const accepted of answer.data) this.note(teamId, accepted, null, 'batch');
  }

  /** The answer's status and text, or null when there was none: then Posthorn is gone. */
  async send(method: 'POST' | 'PATCH', path: string, body: object, more: Record<string, string> = {}) {
    try {
      const answer = await this.pool.request({
        method,
        path,
        headers: { ...headers, ...more },
        body: JSON.stringify(body),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, retryAfter: answer.headers['retry-after'], text };
    } catch {
      this.gone = true;
      return null;
    }
  }

  private async post(path: string, body: object, more: Record<string, string> = {}): Promise<unknown> {
    this.ledger.posts += 1;
    const answer = await this.send('POST', path, body, more);
    if (answer === null) this.ledger.unanswered += 1;
    else if (answer.status === 202) return JSON.parse(answer.text);
    else if (answer.status === 503 && answer.retryAfter !== undefined) {
      this.ledger.refuse((JSON.parse(answer.text) as { code: string }).code);
      this.lastRefusal = answer.text;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } else this.ledger.wrongs.push(`a post was answered ${answer.status}: ${answer.text.slice(0, 300)}`);
    return null;
  }

  private note(teamId: string, accepted: Accepted, idempotencyKey: string | null, kind: 'single' | 'batch'): void {
    const { id: eventId, type, deliveries, duplicate } = accepted;
    this.ledger.acknowledge({ eventId, teamId, type, deliveries, duplicate, idempotencyKey, round: this.round }, kind);
  }
}
