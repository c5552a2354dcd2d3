import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { SignForEndpoint } from '../../delivery/sign-for-endpoint.ts';
import type { Egress } from '../../egress/create-egress.ts';
import type { MeasuredValue } from '../../readiness/finding.ts';
import type { Stage } from '../stage.ts';
import { createEndings } from './endings.ts';
import { makeDrillFolder, removeDrillFolder } from './drill-folder.ts';
import { createGateway, makeTeam } from './gateway-client.ts';
import { startProvider } from './provider.ts';
import { startReceiver } from './receiver.ts';
import { sendOutside } from './send-outside.ts';
import { startDatabase } from './start-database.ts';
import { startNode } from './start-node.ts';

export type StageOptions = {
  /** Of the gateway that plays. `url` is where it listens. */
  gateway: { url: string; operatorKey: string };
  teamId: string;
  /** Of the gateway that plays; left out, it is taken for production. */
  mode?: 'development' | 'production';
  signal: AbortSignal;
  /** 1, or less for rehearsals. */
  pace: number;
  egress: Pick<Egress, 'upstream'>;
  /** Left out, nothing can be signed for endpoints of the team. */
  signForEndpoint?: SignForEndpoint;
  clock: Clock;
  /** Of this process: nodes get of it what a process needs. */
  environment: Readonly<Record<string, string | undefined>>;
  onNote: (says: string, values: readonly MeasuredValue[]) => void;
  onProgress: (done: number, of: number) => void;
  /** Something that was made could not be ended. */
  onError: (error: unknown) => void;
};

export type OpenStage = {
  stage: Stage;
  /** Every secret that was made or given here, for whoever has to keep them out of what is stored. */
  secrets: ReadonlySet<string>;
  /** Ends and removes everything that was made, the newest first. */
  end(): Promise<void>;
};

const pollEveryMs = 50;

/** A stage for one run of a drill. */
export function openStage(options: StageOptions): OpenStage {
  const { signal, pace, clock, teamId } = options;
  const secrets = new Set<string>();
  const learn = (secret: string): void => void secrets.add(secret);
  const endings = createEndings((what, error) => options.onError(new Error(`${what} of a drill`, { cause: error })));
  const gateway = createGateway({ ...options.gateway, url: () => options.gateway.url, signal, learn });

  /** Stopped while something was being made: what was made is ended at once. */
  const made = <Thing>(what: string, thing: Thing, end: () => Promise<unknown> | void): Thing => {
    endings.add(what, end);
    signal.throwIfAborted();
    return thing;
  };
  const ownFolder = async (): Promise<string> => {
    signal.throwIfAborted();
    const folder = await makeDrillFolder();
    return made('the folder', folder, () => removeDrillFolder(folder));
  };

  const stage: Stage = {
    gateway,
    teamId,
    isProduction: options.mode !== 'development',
    note: (says, values = {}) =>
      options.onNote(
        says,
        Object.entries(values).map(([name, value]) => ({ name, value })),
      ),
    progress: options.onProgress,
    signal,
    pace,
    paced: (ms, leastMs = 0) => Math.max(leastMs, ms * pace),
    async pause(ms) {
      await delay(Math.max(0, ms), undefined, { signal });
    },
    async until(ask, withinMs) {
      const deadline = performance.now() + withinMs;
      for (;;) {
        signal.throwIfAborted();
        const found = await ask();
        if (found !== null) return found;
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) return null;
        await delay(Math.min(pollEveryMs, leftMs), undefined, { signal });
      }
    },
    async scratchTeam() {
      const team = await makeTeam(gateway, 'Drill');
      // Not by the stage's own gateway: that one stops when the drill is stopped.
      const closing = createGateway({
        ...options.gateway,
        url: () => options.gateway.url,
        signal: AbortSignal.timeout(600_000),
        learn,
      });
      return made('the team', team, () => closing.want('DELETE', `/v1/teams/${team.id}`));
    },
    async node(given = {}) {
      const folder = await ownFolder();
      return startNode({ folder, given, processEnvironment: options.environment, signal, learn });
    },
    async database() {
      const folder = await ownFolder();
      const database = await startDatabase(folder, learn);
      return made('the database', database, () => database.stop());
    },
    async receiver(answer = () => ({ status: 200 })) {
      const receiver = await startReceiver(answer);
      return made('the receiver', receiver, () => receiver.close());
    },
    async provider(given) {
      const provider = await startProvider(given, clock, learn);
      return made('the provider', provider, () => provider.stop());
    },
    send: (request) => sendOutside(options.egress, request, signal),
    async signed({ body, ...event }) {
      signal.throwIfAborted();
      const request = await options.signForEndpoint?.({ teamId, ...event, body: Buffer.from(body) });
      if (request === undefined || request === null) throw new Error('no request can be signed for this endpoint');
      return { ...request, method: 'POST' };
    },
  };
  return { stage, secrets, end: () => endings.run() };
}
