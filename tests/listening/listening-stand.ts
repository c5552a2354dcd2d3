import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ListenOptions, runListen } from '../../src/cli/listen.ts';
import type { KeySource } from '../../src/cli/listen/keys.ts';
import { createPaint } from '../../src/cli/terminal/paint.rules.ts';
import type { Timers } from '../../src/delivery/delivery-ports.ts';
import type { EventDraft } from '../../src/events/event-draft.ts';
import { createFeedWaitingRoom } from '../../src/feed/feed-waiting-room.ts';
import { createAuthentication } from '../../src/http/authentication.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { listenRoutes } from '../../src/listening/listen.routes.ts';
import { createListeners, type Listeners } from '../../src/listening/listeners.ts';
import { createApiKeyDirectory } from '../../src/teams/api-key-directory.ts';
import { createTestApi, type TestApi } from '../support/configuration-api.ts';

const timers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

type NewEvent = {
  payload?: unknown;
  type?: string;
  body?: Buffer;
  contentType?: string;
  sourceId?: string;
  orderingKey?: string;
};

export type ListeningStand = Awaited<ReturnType<typeof openListeningStand>>;

/** The API with its stream on a port, and events that are committed by hand, as the accept path would tell of them. */
export async function openListeningStand(options: { bodyUrl?: (eventId: string) => string } = {}) {
  const listeners: Listeners = createListeners();
  const api: TestApi = await createTestApi({
    register(app, { services }) {
      const { clock, database } = services;
      const apiKeys = createApiKeyDirectory({ database, clock });
      const authentication = createAuthentication({ operatorKey: 'none', apiKeys, clock, requestsPerSecond: null });
      const onError = (error: unknown): void => {
        throw error;
      };
      const waitingRoom = createFeedWaitingRoom({ database, timers, onError });
      const bodyUrl = ({ eventId }: { eventId: string }): string => options.bodyUrl?.(eventId) ?? '';
      app.register(
        listenRoutes({
          ...services,
          waitingRoom,
          listeners,
          timers,
          authentication,
          bodyUrl,
          onError: () => undefined,
        }),
      );
    },
  });
  const url = await api.app.listen({ port: 0, host: '127.0.0.1' });

  /** Commits an event, and tells of it unless another node did. */
  const commit = async (team: string, event: NewEvent = {}, atOnce = true): Promise<string> => {
    const { payload = { n: 1 }, type = 'a.b', sourceId, orderingKey = null } = event;
    const id = api.services.ids.next('evt');
    const standard = JSON.stringify({ type, timestamp: new Date().toISOString(), data: payload });
    const body = event.body ?? Buffer.from(sourceId === undefined ? standard : JSON.stringify(payload));
    const contentType = event.contentType ?? 'application/json';
    await api.database.pool.query(
      `INSERT INTO event (team_id, id, type, content_type, body, ordering_key, source_id, coverage)
        VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $7::uuid IS NOT NULL THEN 1 END)`,
      [
        uuidFromId(team),
        uuidFromId(id),
        type,
        contentType,
        body,
        orderingKey,
        sourceId === undefined ? null : uuidFromId(sourceId),
      ],
    );
    const origin =
      sourceId === undefined ? null : { sourceId, externalId: null, coverage: 'body' as const, credential: '1' };
    const draft: EventDraft = {
      teamId: team,
      type,
      contentType,
      body,
      blob: null,
      payload,
      origin,
      idempotencyKey: null,
      keySeconds: 1,
      requestHash: null,
      orderingKey,
      occurredAtMs: null,
      onlyEndpointId: null,
    };
    if (atOnce) listeners.publish({ id, draft, deliveries: [] });
    return id;
  };
  const source = async (team: string, name: string): Promise<string> => {
    const credentials = [{ value: 'planted-secret-of-a-source' }];
    const answer = await api.call('POST', `/v1/teams/${team}/sources`, {
      body: { provider: 'documenso', name, credentials },
    });
    return (answer.body as { id: string }).id;
  };
  return {
    api,
    url,
    listeners,
    commit,
    source,
    async close(): Promise<void> {
      listeners.stop();
      api.app.server.closeAllConnections();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** A folder of the test's own. */
export async function folderForTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-listen-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export type Run = {
  out: string[];
  err: string[];
  /** Both, as lines. */
  text(): string;
  /** What was drawn on the terminal beside the lines. */
  drawn(): string;
  press(key: string): void;
  rawModes: boolean[];
  stop(): Promise<number>;
  ended: Promise<number>;
};

/** The verb in this process, with a terminal that is made of arrays. Ends with the test. */
export function listen(
  options: Partial<ListenOptions> & { url: string; key: string; team: string },
  around: { settingsFolder: string; console?: boolean; width?: number },
): Run {
  const [out, err, rawModes]: [string[], string[], boolean[]] = [[], [], []];
  let drawn = '';
  const stopped = Promise.withResolvers<void>();
  let onData: (chunk: Buffer) => void = () => undefined;
  const stdin: KeySource = {
    setRawMode: (isRaw) => rawModes.push(isRaw),
    on: (_event, read) => (onData = read),
    off: () => (onData = () => undefined),
    resume: () => undefined,
    pause: () => undefined,
  };
  const ended = runListen(
    { timeout: 5, ...options },
    {
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      paint: createPaint(false),
      width: around.width ?? 100,
    },
    {
      stopped: stopped.promise,
      settingsFolder: around.settingsFolder,
      console: around.console === true ? { stdin, write: (text) => void (drawn += text) } : null,
    },
  );
  const stop = (): Promise<number> => {
    stopped.resolve();
    return ended;
  };
  ended.catch(() => undefined);
  onTestFinished(() =>
    stop().then(
      () => undefined,
      () => undefined,
    ),
  );
  return {
    out,
    err,
    rawModes,
    text: () => [...out, ...err].join('\n'),
    drawn: () => drawn,
    press: (key) => onData(Buffer.from(key)),
    stop,
    ended,
  };
}
