import { memberRoutes } from '../../src/members/members.routes.ts';
import { signerRoutes } from '../../src/members/signers.routes.ts';
import type { Catalogue, CheckDefinition } from '../../src/readiness/check-definition.ts';
import { createReadiness } from '../../src/readiness/create-readiness.ts';
import { failed, passed } from '../../src/readiness/finding.rules.ts';
import type { Collector } from '../../src/readiness/finding.ts';
import type { Instruments } from '../../src/readiness/instruments.ts';
import { readinessRoutes } from '../../src/readiness/readiness.routes.ts';
import { teamCheckRoutes } from '../../src/reviews/checks/team-checks.routes.ts';
import { createTeamChecks } from '../../src/reviews/create-team-checks.ts';
import { type OpenReviews, openReviews } from '../../src/reviews/open-reviews.ts';
import { reviewCheckRoutes } from '../../src/reviews/review-checks.routes.ts';
import { reviewRoutes } from '../../src/reviews/reviews.routes.ts';
import { createTestApi, type TestApi } from '../support/configuration-api.ts';
import { createTestEgress } from '../support/egress.ts';
import { createManualTimers } from '../support/manual-timers.ts';

const definition: CheckDefinition = {
  id: 'endpoint.is-good',
  title: 'The endpoint is good',
  section: 'security',
  subject: 'endpoint',
  severity: 'blocker',
  kind: 'automatic',
  evidence: 'Whether it is good.',
  ttlSeconds: 3_600,
  brokenBy: 'It is not.',
  remedy: 'Make it good.',
};
const definitions = [
  definition,
  { ...definition, id: 'gateway.is-good', subject: 'gateway', severity: 'major', ttlSeconds: 86_400 },
  {
    ...definition,
    id: 'people.are-briefed',
    subject: 'organisation',
    severity: 'minor',
    kind: 'attested',
    section: 'launch',
  },
  { ...definition, id: 'docusign.is-clean', subject: 'connection', section: 'providers' },
  { ...definition, id: 'source.is-good', subject: 'source', section: 'providers' },
  { ...definition, id: 'gateway.drilled', subject: 'gateway', kind: 'drill', section: 'reliability' },
] satisfies CheckDefinition[];

const item = (ref: string, checks: string[]) => ({ ref, says: `Demand ${ref}`, phase: 'prepare' as const, checks });
const catalogue: Catalogue = {
  checks: new Map(definitions.map((each) => [each.id, each])),
  checklists: new Map([
    [
      'house',
      {
        id: 'house',
        title: 'A house',
        signoffs: ['security'],
        items: [item('1', ['endpoint.is-good', 'gateway.is-good']), item('2', ['people.are-briefed'])],
      },
    ],
    [
      'provider',
      {
        id: 'provider',
        title: 'A provider',
        signoffs: ['security', 'engineering'],
        items: [
          item('1', ['docusign.is-clean', 'gateway.is-good']),
          item('2', ['source.is-good']),
          item('3', ['gateway.drilled']),
        ],
      },
    ],
    ['small', { id: 'small', title: 'Small', signoffs: [], items: [item('1', ['gateway.is-good'])] }],
  ]),
  scope: {
    questions: [
      {
        id: 'sends',
        question: 'Are webhooks sent?',
        kind: 'boolean',
        choices: [],
        rules: [{ when: { kind: 'is', value: false }, checks: [], subject: 'endpoint', because: 'Nothing is sent.' }],
      },
      {
        id: 'peak',
        question: 'How many?',
        kind: 'number',
        choices: [],
        rules: [
          { when: { kind: 'under', value: 1 }, checks: ['gateway.drilled'], subject: null, because: 'Hardly any.' },
        ],
      },
    ],
    providers: [{ provider: 'docusign', checks: ['docusign.is-clean'], because: 'Nothing of it is DocuSign’s.' }],
  },
};

/** A check of a review as the API answers it, as far as tests look at it. */
export type CheckAnswer = { check: string; state: string; items: object[] } & Record<string, unknown>;
/** A review with everything, and a page of a list, likewise. */
export type ViewAnswer = { id: string; checks: CheckAnswer[]; verdict: { because: string[] } } & Record<
  string,
  unknown
>;
export type Listed = { data: CheckAnswer[] & { id: string; text: string }[] };
export type Refused = { errors: { pointer: string }[] };

/** What the collectors find: ids of checks that fail. */
type Weather = { failing: Set<string>; measured: string[] };

export type Stand = {
  api: TestApi;
  reviews: OpenReviews;
  weather: Weather;
  timers: ReturnType<typeof createManualTimers>;
  clock: { nowMs: number };
  told: () => number;
  errors: unknown[];
  team: string;
  at: string;
  endpoint: string;
};

/** The API with reviews over collectors that find what the weather says. */
export async function createStand(): Promise<Stand> {
  const weather: Weather = { failing: new Set(), measured: [] };
  const clock = { nowMs: Date.now() };
  const timers = createManualTimers();
  const errors: unknown[] = [];
  let told = 0;
  let reviews!: OpenReviews;
  const collector = (checkId: string): Collector<null> => ({
    checkId,
    version: 1,
    gather: (_context, subject) => {
      weather.measured.push(`${checkId} ${subject.id}`);
      return Promise.resolve(null);
    },
    judge: () =>
      weather.failing.has(checkId) ? failed('It is bad.', { n: 2 }, 'mend it') : passed('It is good.', { n: 1 }),
  });
  const egress = createTestEgress();
  const api = await createTestApi({
    environment: 'development',
    clock: { now: () => clock.nowMs },
    register(app, { services }) {
      const shared = { ...services, release: '1.2.3', onError: (error: unknown) => errors.push(error) };
      const readiness = createReadiness({
        ...shared,
        publicUrl: () => 'https://posthorn.test',
        catalogue,
        instruments: { gateway: () => ({}) } as unknown as Instruments,
        collectors: ['endpoint.is-good', 'gateway.is-good', 'docusign.is-clean', 'source.is-good'].map(collector),
        waiting: new Map(),
        teamChecks: createTeamChecks({ database: services.database, egress }),
      });
      reviews = openReviews({
        ...shared,
        config: { environment: 'development', allowNetworks: [], proxy: null, caPem: null, reviewEveryMinutes: 15 },
        readiness,
        catalogue,
        timers,
        onTold: () => {
          told += 1;
        },
        onError: (_where, error) => errors.push(error),
      });
      const forReviews = { ...services, ...reviews.services };
      void app.register(readinessRoutes({ readiness }));
      void app.register(memberRoutes({ services }));
      void app.register(signerRoutes({ services }));
      void app.register(reviewRoutes({ services: forReviews }));
      void app.register(reviewCheckRoutes({ services: forReviews }));
      void app.register(teamCheckRoutes({ services: forReviews }));
    },
  });
  const team = await api.createTeam();
  await api.call('POST', `/v1/teams/${team}/event-types`, { body: { name: 'a.b' } });
  const body = { url: 'https://a.example.com/', eventTypes: ['a.b'] };
  const made = await api.call('POST', `/v1/teams/${team}/endpoints`, { body });
  return {
    api,
    reviews,
    weather,
    timers,
    clock,
    told: () => told,
    errors,
    team,
    at: `/v1/teams/${team}`,
    endpoint: (made.body as { id: string }).id,
  };
}
