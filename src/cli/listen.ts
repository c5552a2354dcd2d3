import { environmentWith, readClientSettings } from '../config.ts';
import { createSigner } from '../signing/signer.rules.ts';
import { createApiClient } from './api/api-client.ts';
import { findKey } from './api/client-key.ts';
import { findTeam } from './api/find-team.ts';
import { sourceIdOf, sourceNames } from './listen/find-source.ts';
import { type ConnectionState, followEvents } from './listen/follow-events.ts';
import { createForward } from './listen/forwarding.ts';
import { greetingLines } from './listen/greeting.rules.ts';
import { keyHelp, takeKeys } from './listen/keys.ts';
import { createStreamOpener } from './listen/open-stream.ts';
import { readFilter, readForwardUrl, sinceOf } from './listen/read-options.ts';
import { createScreen } from './listen/screen.ts';
import { createSession } from './listen/session.ts';
import { readSecret, storedSecret } from './listen/stored-secret.ts';
import { type Surroundings, surroundingsOf } from './listen/surroundings.ts';
import { renderHeadings } from './listen/table.rules.ts';
import { readableDuration } from './terminal/readable.rules.ts';
import { safeText } from './terminal/safe-text.rules.ts';
import type { Terminal } from './terminal/terminal.ts';
import { readVersion } from './version.ts';

export type ListenOptions = {
  /** Id or name. */
  source?: string;
  endpoint?: string;
  eventType?: readonly string[];
  /** JSON. */
  filter?: string;
  forward?: string;
  secret?: string;
  /** Seconds that a forwarded request may take. */
  timeout: number;
  since?: string;
  max?: number;
  json?: true;
  team?: string;
  key?: string;
  url?: string;
};

/**
 * Shows a team's events as they come and forwards them, until stopped or until `max` of them came.
 * Resolves with the exit code: 1 when `max` came and one of them failed.
 */
export async function runListen(
  options: ListenOptions,
  terminal: Terminal,
  around: Surroundings = surroundingsOf(options),
): Promise<0 | 1> {
  const forwardUrl = options.forward === undefined ? null : readForwardUrl(options.forward);
  const matches = options.filter === undefined ? null : readFilter(options.filter);
  const given = options.secret === undefined ? null : readSecret(options.secret);
  const since = options.since === undefined ? undefined : sinceOf(options.since);
  const settings = readClientSettings(environmentWith({ POSTHORN_URL: options.url }));
  const key = await findKey(options.key, settings);
  const api = createApiClient({ url: settings.url, key });
  const team = await findTeam(api, options.team ?? settings.team);
  const path = `/v1/teams/${team}`;
  const names = await sourceNames(api, path);
  const source = options.source === undefined ? null : sourceIdOf(options.source, names);
  const endpoint = options.endpoint ?? null;
  const subject = { url: settings.url, team, source, endpoint };
  const secret = forwardUrl === null ? null : (given ?? (await storedSecret(around.settingsFolder, subject)));

  const controller = new AbortController();
  const { signal } = controller;
  const screen = createScreen(terminal, around.console?.write ?? null);
  const session = createSession({
    forward:
      forwardUrl === null || secret === null
        ? null
        : createForward({
            url: forwardUrl,
            signer: createSigner({ scheme: 'standard-webhooks' }, [secret]),
            timeoutMs: Math.round(options.timeout * 1000),
            userAgent: `Posthorn/${readVersion()}`,
            now: Date.now,
          }),
    matches,
    sourceName: (id) => (id === null ? 'api' : (names?.get(id) ?? id)),
    json: options.json === true,
    screen,
    terminal,
    signal,
  });

  const greet = (): void => {
    const { paint } = terminal;
    if (options.json === true) {
      const forward = forwardUrl?.href ?? null;
      return terminal.out(JSON.stringify({ kind: 'listening', ...subject, forward, secret }));
    }
    const shown = { ...subject, source: source && (names?.get(source) ?? source), forward: forwardUrl, secret };
    for (const line of greetingLines(shown, paint)) terminal.out(line);
    if (around.console !== null) terminal.out(paint.dim(keyHelp));
    terminal.out('');
    terminal.out(renderHeadings(forwardUrl !== null, terminal));
  };

  const onState = (state: ConnectionState): void => {
    const { paint } = terminal;
    if (state.state === 'connected') {
      if (state.again) screen.note(paint.green('connected again'));
      else greet();
    } else if (state.first) {
      const when = readableDuration(state.retryInMs);
      screen.note(paint.yellow(`${safeText(state.why, 'one line')}; trying again in ${when}, until it is back`));
    }
    session.connected(state.state === 'connected');
  };

  const open = createStreamOpener({
    url: settings.url,
    key,
    path: `${path}/listen`,
    query: {
      ...(source === null ? {} : { source }),
      ...(endpoint === null ? {} : { endpoint }),
      ...(options.eventType === undefined ? {} : { eventTypes: options.eventType.join(',') }),
      ...(since === undefined ? {} : { since }),
    },
  });
  void around.stopped.then(() => controller.abort());
  const giveKeysBack =
    around.console === null
      ? null
      : takeKeys(around.console.stdin, (action) => (action === 'quit' ? controller.abort() : session.press(action)));
  try {
    for await (const event of followEvents({ open, signal, onState })) {
      await session.take(event);
      if (options.max !== undefined && session.counts.taken >= options.max) break;
    }
    await session.settled();
  } finally {
    controller.abort();
    giveKeysBack?.();
    screen.close();
  }
  if (options.json !== true) terminal.err(terminal.paint.dim(session.summary()));
  return options.max !== undefined && session.counts.taken >= options.max && session.counts.failed > 0 ? 1 : 0;
}
