import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Api, createApi, makeTeam } from '../support/api.ts';
import { type JournalReceiver, startReceiver } from '../support/journal-receiver.ts';
import { type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';

export type Source = { id: string; url: string };
type Event = {
  id: string;
  type: string;
  orderingKey: string | null;
  origin: { coverage: string; credential: string; seenAgain: { count: number } | null };
};
type Rejection = { reason: string; count: number; lastAddress: string; lastDetail: string };

/** A real Posthorn with a team, a receiver, and short words for what the story of receiving does with them. */
export class ReceivingStory {
  posthorn!: PosthornProcess;
  receiver!: JournalReceiver;
  teamId = '';
  readonly api: Api = createApi(() => this.posthorn.url);
  /** Everything that no line of the log may hold. */
  readonly planted = new Set<string>();
  private dataFolder = '';
  private bodies = 0;

  async open(env: Record<string, string>): Promise<void> {
    this.dataFolder = await mkdtemp(join(tmpdir(), 'posthorn-receiving-'));
    const starting = startPosthorn({ dataFolder: this.dataFolder, env });
    [this.posthorn, this.receiver] = await Promise.all([starting, startReceiver()]);
    this.teamId = (await makeTeam(this.api, { types: ['api.made'], endpoints: [] })).teamId;
  }

  async close(): Promise<void> {
    await this.posthorn?.end('SIGTERM');
    await this.receiver?.close();
    await rm(this.dataFolder, { recursive: true, force: true });
  }

  plant(what: string): string {
    const word = `${what}-${randomBytes(9).toString('hex')}`;
    this.planted.add(word);
    return word;
  }

  async source(provider: string, value: string, more: object = {}, kind?: string): Promise<Source> {
    this.planted.add(value);
    const credentials = [{ value, ...(kind === undefined ? {} : { kind }) }];
    const body = { provider, name: provider, credentials, ...more };
    return this.api.call('POST', `/v1/teams/${this.teamId}/sources`, body);
  }

  async endpoint(place: string, more: object): Promise<{ id: string; secret: string }> {
    const endpoint = { url: this.receiver.url(place), eventTypes: ['*'], ...more };
    return this.api.call('POST', `/v1/teams/${this.teamId}/endpoints`, endpoint);
  }

  /** What Documenso sends: about another envelope each time, unless it is told which. */
  body(event = 'DOCUMENT_SENT', envelopeId?: string): string {
    this.bodies += 1;
    const recipients = [{ token: this.plant('token') }];
    const payload = { envelopeId: envelopeId ?? `envelope_${this.bodies}`, title: this.plant('title'), recipients };
    return JSON.stringify({ event, payload, createdAt: new Date().toISOString() });
  }

  async events({ id }: Source): Promise<Event[]> {
    const path = `/v1/teams/${this.teamId}/events?limit=100&source=${id}`;
    return (await this.api.call<{ data: Event[] }>('GET', path)).data;
  }

  /** Once there are as many. */
  async rejections({ id }: Source, atLeast = 1): Promise<Rejection[]> {
    return until('the rejections', async () => {
      const path = `/v1/teams/${this.teamId}/sources/${id}/rejections?limit=100`;
      const { data } = await this.api.call<{ data: Rejection[] }>('GET', path);
      return data.reduce((sum, { count }) => sum + count, 0) >= atLeast ? data : null;
    });
  }

  async metric(line: string): Promise<number> {
    const text = String((await this.api.ask<string>('GET', '/metrics')).body);
    const found = text.split('\n').find((each) => each.startsWith(`${line} `));
    return Number(found?.split(' ')[1] ?? 0);
  }
}

export function documensoHeaders(secret: string, more: Record<string, string | string[]> = {}) {
  return { 'content-type': 'application/json', 'x-documenso-secret': secret, ...more };
}
