import type { Drill } from '../../../src/drills/drill.ts';
import { drillRoutes } from '../../../src/drills/drills.routes.ts';
import { type OpenDrills, openDrills } from '../../../src/drills/open-drills.ts';
import type { CheckDefinition } from '../../../src/readiness/check-definition.ts';
import { createReadiness, type Readiness } from '../../../src/readiness/create-readiness.ts';
import type { Instruments } from '../../../src/readiness/instruments.ts';
import { readinessRoutes } from '../../../src/readiness/readiness.routes.ts';
import { systemTimers } from '../../../src/delivery/system-timers.ts';
import { createTestApi, type TestApi } from '../../support/configuration-api.ts';
import { until } from '../../support/until.ts';
import type { Run } from './drilled-gateway.ts';

/** Drills of a test's own, over a real database and the real API, with one node or several. */
export type DrillsStand = AsyncDisposable & {
  api: TestApi;
  readiness: Readiness;
  errors: unknown[];
  /** Another node over the same database, which plays nothing until its worker is started. */
  node(exclusive?: boolean): OpenDrills;
  stopNodes(): Promise<void>;
  start(team: string, body: object): Promise<Run[]>;
  get(team: string, run: string): Promise<Run>;
  /** Waits for the end of the run. */
  ended(team: string, run: string): Promise<Run>;
};

export async function openDrillsStand(options: {
  drills: readonly Drill[];
  environment: 'development' | 'production';
  /** What the gateway is configured to, as readiness sees it. */
  configuration?: () => object;
}): Promise<DrillsStand> {
  const definitions = new Map(options.drills.map((drill) => [drill.checkId, definitionOf(drill)]));
  const errors: unknown[] = [];
  let first!: OpenDrills;
  let readiness!: Readiness;
  const open: OpenDrills[] = [];
  let make!: (exclusive: boolean) => OpenDrills;
  const api = await createTestApi({
    environment: options.environment,
    register(app, { services }) {
      readiness = createReadiness({
        ...services,
        release: '1.2.3',
        catalogue: { checks: definitions },
        instruments: { gateway: options.configuration ?? (() => ({})) } as unknown as Instruments,
        onError: (error) => errors.push(error),
        collectors: [],
        drills: new Map(options.drills.map(({ checkId, version }) => [checkId, version])),
      });
      make = (exclusive) => {
        const drills = openDrills({
          ...services,
          mode: services.environment,
          environment: process.env,
          gateway: { url: 'http://127.0.0.1:1', operatorKey: 'operator-of-the-stand-0123456789' },
          egress: { upstream: () => ({}) as never },
          timers: systemTimers,
          readiness,
          exclusive,
          onTold: () => undefined,
          onError: (error) => errors.push(error),
          playable: options.drills,
        });
        open.push(drills);
        return drills;
      };
      first = make(false);
      void app.register(drillRoutes({ services: { ...services, ...first.services } }));
      void app.register(readinessRoutes({ readiness }));
    },
  });
  first.worker.start();
  const get = async (team: string, run: string): Promise<Run> =>
    (await api.call('GET', `/v1/teams/${team}/drills/runs/${run}`)).body as Run;
  const stopNodes = async (): Promise<void> => {
    for (const { worker } of open) await worker.stop();
  };
  return {
    api,
    readiness,
    errors,
    node: (exclusive = false) => make(exclusive),
    async start(team, body) {
      const answer = await api.call('POST', `/v1/teams/${team}/drills/runs`, { body });
      if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
      return (answer.body as { data: Run[] }).data;
    },
    get,
    ended: (team, run) =>
      until(`the run ${run} to end`, async () => {
        const found = await get(team, run);
        return ['waiting', 'running'].includes(found.state) ? null : found;
      }),
    stopNodes,
    async [Symbol.asyncDispose]() {
      await stopNodes();
      await api[Symbol.asyncDispose]();
    },
  };
}

function definitionOf({ checkId, subject }: Drill): CheckDefinition {
  return {
    id: checkId,
    title: `${checkId} holds`,
    section: 'reliability',
    subject,
    severity: 'blocker',
    kind: 'drill',
    evidence: 'What its drill sees.',
    ttlSeconds: 3_600,
    brokenBy: 'It does not.',
    remedy: 'Mend it.',
  };
}
