import type { Gateway, Json, ScratchTeam } from '../stage.ts';

/** A team of a drill, over the API. */
export type DrillTeam = {
  readonly id: string;
  readonly key: string;
  /** Its gateway may have another address after a restart, and can be exchanged for another node. */
  readonly gateway: Gateway;
  at(gateway: Gateway): DrillTeam;
  /** Paths are below the team. */
  call(
    method: string,
    path: string,
    body?: Json,
    headers?: Readonly<Record<string, string>>,
  ): ReturnType<Gateway['call']>;
  want(method: string, path: string, body?: Json): Promise<Record<string, unknown>>;
  /** Any bytes, there and back. */
  raw(
    method: string,
    path: string,
    options?: { body?: string; contentType?: string },
  ): Promise<{ status: number; headers: Headers; body: Uint8Array }>;
  /** All pages of a list, newest first. */
  list<Row>(path: string): Promise<Row[]>;
  /** Answers the id and the secret. */
  endpoint(body: { readonly [name: string]: Json }): Promise<{ id: string; secret: string }>;
  /** Answers the event's id. */
  publish(type: string, payload: Json, more?: { readonly [name: string]: Json }): Promise<string>;
};

/** What a list of deliveries shows of each. */
export type DeliveryRow = {
  id: string;
  eventId: string;
  endpointId: string;
  state: 'pending' | 'succeeded' | 'dead' | 'held' | 'cancelled';
  attemptCount: number;
  createdAt: string;
  settledAt: string | null;
};

/** One delivery, with its attempts. */
export type DeliveryView = DeliveryRow & {
  attempts: {
    status: number | null;
    error: string | null;
    startedAt: string;
    request: { headers: { name: string; value: string }[]; body: { content: string } | null };
    response: { headers: { name: string; value: string }[]; body: { content: string } | null } | null;
    timing: { totalMs: number };
  }[];
};

const pageSize = 500;
const rawTimeoutMs = 30_000;

/** @param types are registered. */
export async function drillTeam(
  gateway: Gateway & { team(): Promise<ScratchTeam> },
  types: readonly string[] = [],
): Promise<DrillTeam> {
  const team = teamAt(gateway, await gateway.team());
  for (const name of types) await team.want('POST', '/event-types', { name, example: { drill: name } });
  return team;
}

/** A team that is there already. */
export function teamAt(gateway: Gateway, { id, key }: ScratchTeam): DrillTeam {
  const root = `/v1/teams/${id}`;
  const want: DrillTeam['want'] = (method, path, body) =>
    gateway.want(method, root + path, { key, ...(body === undefined ? {} : { body }) });
  return {
    id,
    key,
    gateway,
    at: (other) => teamAt(other, { id, key }),
    call: (method, path, body, headers) =>
      gateway.call(method, root + path, {
        key,
        ...(body === undefined ? {} : { body }),
        ...(headers === undefined ? {} : { headers }),
      }),
    want,
    async raw(method, path, { body, contentType = 'application/json' } = {}) {
      const answer = await fetch(gateway.url + root + path, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': contentType }) },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(rawTimeoutMs),
      });
      return { status: answer.status, headers: answer.headers, body: new Uint8Array(await answer.arrayBuffer()) };
    },
    async list<Row>(path: string) {
      const rows: Row[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: string = `${path}${path.includes('?') ? '&' : '?'}limit=${pageSize}${cursor && `&cursor=${cursor}`}`;
        const { data, nextCursor } = (await want('GET', page)) as { data: Row[]; nextCursor: string | null };
        rows.push(...data);
        cursor = nextCursor;
      }
      return rows;
    },
    async endpoint(body) {
      const { id: endpointId, secret } = await want('POST', '/endpoints', body);
      return { id: String(endpointId), secret: String(secret) };
    },
    async publish(type, payload, more = {}) {
      const { id: eventId } = await want('POST', '/events', { type, payload, ...more });
      return String(eventId);
    },
  };
}

/** The sum of a counter or gauge over all its labels, or those that begin with `labels`; null when it is not there. */
export async function metricOf(gateway: Gateway, name: string, labels = ''): Promise<number | null> {
  const { body } = await gateway.call('GET', '/metrics');
  const lines = textOf(body, 'text').split('\n');
  const values = lines
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => line.includes(labels))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}

/** A text of an answer; empty when there is none. */
export function textOf(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name];
  return typeof value === 'string' ? value : '';
}
