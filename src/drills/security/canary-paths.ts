import type { DrillNode, DrillReceiver, Json, ScratchTeam, Stage } from '../stage.ts';

/** What would be somebody's data or secret, were it not made up: by what it stands for. */
export type Marks = Readonly<Record<'name' | 'email' | 'account' | 'token' | 'key', string>>;

type WalkedPath = { path: string; status: number | null };
type Request = { method?: string; path: string; key?: string | null; text?: string; headers?: Record<string, string> };

/** Sends the marks down every path that a request can take. What is answered does not matter; that it is, does. */
export function createWalk(stage: Stage, node: DrillNode, team: ScratchTeam, marks: Marks) {
  const walked: WalkedPath[] = [];
  const at = `/v1/teams/${team.id}`;
  const person: Json = { name: marks.name, email: marks.email, iban: marks.account, token: marks.token };
  const json = { 'content-type': 'application/json' };
  const query = new URLSearchParams({ q: marks.email, token: marks.token }).toString();

  const send = async (called: string, request: Request): Promise<void> => {
    const { method = 'POST', path, key = team.key, text, headers = {} } = request;
    let status: number | null = null;
    try {
      const answer = await fetch(node.url + path, {
        method,
        headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
        ...(text === undefined ? {} : { body: text }),
        redirect: 'manual',
        signal: AbortSignal.any([stage.signal, AbortSignal.timeout(20_000)]),
      });
      ({ status } = answer);
      await answer.text();
    } catch (error) {
      stage.signal.throwIfAborted();
      if (!(error instanceof Error)) throw error;
    }
    walked.push({ path: called, status });
  };
  const event = (called: string, type: string, payload: Json): Promise<void> =>
    send(called, {
      path: `${at}/events`,
      headers: { ...json, 'idempotency-key': `${marks.token}-${called}` },
      text: JSON.stringify({ type, payload, orderingKey: marks.email }),
    });

  return {
    walked,
    event,
    /** Endpoints that take an event, refuse it, never answer, break off, and are not there. */
    async endpoints(receivers: Readonly<Record<string, DrillReceiver>>): Promise<void> {
      const schema = { type: 'object', properties: { iban: { type: 'number' } } };
      await node.want('POST', `${at}/event-types`, { body: { name: 'drill.canary' } });
      await node.want('POST', `${at}/event-types`, { body: { name: 'drill.strict', schema } });
      for (const { url } of Object.values(receivers)) {
        await node.want('POST', `${at}/endpoints`, {
          body: {
            url: `${url}/hook/${marks.token}?${query}`,
            eventTypes: ['drill.canary'],
            headers: { 'x-api-key': marks.token },
            retry: { scheduleSeconds: [1], timeoutMs: 1_000 },
          },
        });
      }
      await event('an event that is accepted', 'drill.canary', person);
      await event('an event of a type that is not there', marks.name, person);
      await event('an event that does not match its schema', 'drill.strict', person);
    },
    /** Requests that are refused before or by their routes. */
    async refusals(): Promise<void> {
      const broken = `{"type": "drill.canary", "payload": ${JSON.stringify(person).slice(0, -4)}`;
      await send('JSON that cannot be parsed', { path: `${at}/events`, headers: json, text: broken });
      await send('a body that is no JSON', {
        path: `${at}/endpoints`,
        headers: json,
        text: JSON.stringify(person) + marks.key,
      });
      const unknown = JSON.stringify({ [marks.email]: marks.token, url: marks.account });
      await send('fields that are not there', { path: `${at}/endpoints`, headers: json, text: unknown });
      await send('a media type that is not taken', {
        path: `${at}/endpoints`,
        headers: { 'content-type': 'text/plain' },
        text: marks.name,
      });
      const large = JSON.stringify({ type: 'drill.canary', payload: marks.token.repeat(60_000) });
      await send('a body that is too large', { path: `${at}/events`, headers: json, text: large });
      const zero = JSON.stringify({ type: 'drill.canary', payload: `${marks.email}\u0000` });
      await send('a text that cannot be stored', { path: `${at}/events`, headers: json, text: zero });
      await send('an unknown key', { method: 'GET', path: `${at}/events`, key: marks.key });
      await send('an unknown path', { method: 'GET', path: `/${marks.email}/${marks.token}?${query}` });
      await send('an id that is none', { method: 'GET', path: `${at}/endpoints/${marks.token}?${query}` });
      await send('a cursor that is none', { method: 'GET', path: `${at}/events?cursor=${marks.token}&${query}` });
      await send('a search', { method: 'GET', path: `${at}/events?q=${encodeURIComponent(marks.email)}` });
      await send('a member who is there', {
        path: `${at}/members`,
        key: node.operatorKey,
        headers: json,
        text: JSON.stringify({ name: marks.name, email: `${marks.token}@canary.example`, role: 'viewer' }),
      });
      await send('a member who is there twice', {
        path: `${at}/members`,
        key: node.operatorKey,
        headers: json,
        text: JSON.stringify({ name: marks.name, email: `${marks.token}@canary.example`, role: 'viewer' }),
      });
    },
    /** A provider's requests, true and forged. */
    async inbound(): Promise<void> {
      const credentials = [{ value: `${marks.token}-source` }];
      const made = await node.want('POST', `${at}/sources`, {
        body: { provider: 'documenso', name: 'Drill', credentials },
      });
      const path = `/in/${String(made['id'])}?${query}`;
      const text = JSON.stringify({
        event: 'DOCUMENT_SENT',
        payload: { id: 1, recipients: [person] },
        createdAt: new Date(),
      });
      const right = { ...json, 'x-documenso-secret': `${marks.token}-source` };
      await send('a notification', { path, key: null, headers: right, text });
      await send('a notification again', { path, key: null, headers: right, text });
      await send('a forged notification', {
        path,
        key: null,
        headers: { ...json, 'x-documenso-secret': marks.key },
        text,
      });
      await send('a notification that is no JSON', { path, key: null, headers: right, text: text.slice(0, -9) });
      await send('a source that is not there', { path: `/in/${marks.token}`, key: null, headers: right, text });
    },
    /** Calls that are answered, refused, not answered, and lead nowhere. */
    async calls(receivers: Readonly<Record<string, DrillReceiver>>): Promise<void> {
      for (const [called, { url }] of Object.entries(receivers)) {
        const made = await node.want('POST', `${at}/connections`, {
          body: {
            provider: 'generic',
            environment: 'sandbox',
            name: 'Drill',
            baseUrl: `${url}/`,
            selfHosted: true,
            credentials: [{ kind: 'bearer', fields: { token: `${marks.token}-connection` } }],
            policy: { timeouts: { totalMs: 2_000 } },
          },
        });
        await send(`a call to a provider that ${called}`, {
          path: `/egress/${String(made['id'])}/people/${marks.token}?${query}`,
          headers: { ...json, 'x-note': marks.name, cookie: marks.token },
          text: JSON.stringify(person),
        });
      }
    },
  };
}
