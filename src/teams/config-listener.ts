import pg from 'pg';
import { endClient } from '../database/end-client.ts';

/** Something that wants to hear of changes to a team's configuration, made by any node. */
export type ConfigListener = {
  start(): void;
  stop(): Promise<void>;
  /** Whether the connection stands: while it does not, changes are found by asking. */
  readonly connected: boolean;
};

const firstDelayMs = 100;
const longestDelayMs = 10_000;
const teamUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Holds one connection that LISTENs on `posthorn_config`, and makes a new one for ever when it breaks. A notification
 * is a hint: what was missed while the connection was down is told of as one `onGap` after it stands again.
 */
export function createConfigListener(options: {
  connection: pg.ClientConfig;
  /** Called with the team's uuid. */
  onChange: (teamUuid: string) => void;
  /** Changes may have been missed. */
  onGap: () => void;
  onError: (error: unknown) => void;
}): ConfigListener {
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let stopped = true;
  let delayMs = firstDelayMs;
  let connected = false;
  let attempt: Promise<void> = Promise.resolve();

  const connect = async (): Promise<void> => {
    const mine = new pg.Client({
      connectionTimeoutMillis: 10_000,
      ...options.connection,
      application_name: 'posthorn configuration',
      keepAlive: true,
    });
    let failed = false;
    const fail = (error: unknown): void => {
      if (failed) return;
      failed = true;
      connected = false;
      if (client === mine) client = null;
      mine.end().catch(() => undefined);
      if (stopped) return;
      options.onError(error);
      timer = setTimeout(begin, delayMs * (0.5 + Math.random() / 2));
      delayMs = Math.min(delayMs * 2, longestDelayMs);
    };
    mine.on('error', fail);
    mine.on('end', () => fail(new Error('the connection that listens for configuration ended')));
    mine.on('notification', (message) => {
      if (message.payload !== undefined && teamUuid.test(message.payload)) options.onChange(message.payload);
    });
    client = mine;
    try {
      await mine.connect();
      await mine.query('LISTEN posthorn_config');
      connected = !failed;
      delayMs = firstDelayMs;
      if (connected) options.onGap();
    } catch (error) {
      fail(error);
    }
  };
  const begin = (): void => {
    timer = null;
    if (!stopped) attempt = connect();
  };

  return {
    get connected() {
      return connected;
    },
    start() {
      if (!stopped) return;
      stopped = false;
      begin();
    },
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      const last = client;
      client = null;
      connected = false;
      if (last !== null) await endClient(last);
      await attempt;
    },
  };
}
