import { randomBytes } from 'node:crypto';
import type { DrillNode, NodeOptions } from '../stage.ts';
import { fillFromTemplate } from './database-template.ts';
import { createGateway, makeTeam } from './gateway-client.ts';
import { createNodeProcess } from './node-process.ts';

/** What a process needs to run at all; nothing of how the gateway is set up. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'TZ', 'LANG', 'SystemRoot', 'USERPROFILE'];
/** A node starts in half the time where the gateway has this. */
const quickening = 'NODE_COMPILE_CACHE';

/**
 * Starts a second gateway of the same release on a data folder that is its own.
 * @param options.processEnvironment of this process: what nodes need of it is handed on, and no secret
 */
export async function startNode(options: {
  folder: string;
  given: NodeOptions;
  processEnvironment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  learn: (secret: string) => void;
}): Promise<DrillNode> {
  const { folder, given, signal, learn } = options;
  const operatorKey = `pho_${randomBytes(32).toString('base64url')}`;
  const base = Object.fromEntries(
    [...inherited, quickening].flatMap((name) => {
      const value = options.processEnvironment[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const ownDatabase = given.database === undefined ? {} : { DATABASE_URL: given.database.url };
  let environment: Record<string, string> = {
    ...base,
    POSTHORN_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: '0',
    POSTHORN_OPERATOR_KEY: operatorKey,
    POSTHORN_LOG_LEVEL: 'warn',
    ...ownDatabase,
    ...given.environment,
  };
  if (given.database === undefined) await fillFromTemplate(folder);
  const running = createNodeProcess(folder, signal);
  const ready = given.ready ?? true;
  await running.start(environment, ready);
  const gateway = createGateway({ url: () => running.url(), operatorKey, signal, learn });
  const node: DrillNode = {
    get url() {
      return running.url();
    },
    get pid() {
      return running.pid();
    },
    operatorKey,
    call: (method, path, more) => gateway.call(method, path, more),
    want: (method, path, more) => gateway.want(method, path, more),
    folder,
    team: () => makeTeam(gateway, 'Drill'),
    async kill() {
      await running.end('SIGKILL');
    },
    stop: () => running.end('SIGTERM'),
    async restart(more = {}) {
      environment = { ...environment, ...more };
      await running.end('SIGKILL');
      await running.start(environment, ready);
    },
    freeze: () => running.signal('SIGSTOP'),
    thaw: () => running.signal('SIGCONT'),
    output: () => running.output(),
    memoryBytes: () => running.memoryBytes(),
  };
  return node;
}
