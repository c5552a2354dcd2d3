import type { FastifyInstance } from 'fastify';
import type { ContextServices } from '../../../src/http/request-context.ts';
import { createIdSource } from '../../../src/ids/id-source.ts';
import { memberRoutes } from '../../../src/members/members.routes.ts';
import { signerRoutes } from '../../../src/members/signers.routes.ts';
import type { Catalogue, CheckDefinition } from '../../../src/readiness/check-definition.ts';
import { createReadiness } from '../../../src/readiness/create-readiness.ts';
import { failed, passed } from '../../../src/readiness/finding.rules.ts';
import type { Collector, Finding } from '../../../src/readiness/finding.ts';
import type { Instruments } from '../../../src/readiness/instruments.ts';
import { createReview } from '../../../src/reviews/create-review.ts';
import { attestationRoutes } from '../../../src/reviews/people/attestations.routes.ts';
import { createPeopleOnRecord } from '../../../src/reviews/people/people-on-record.ts';
import type { PeoplePorts } from '../../../src/reviews/people/people-ports.ts';
import { signOffRoutes } from '../../../src/reviews/people/sign-offs.routes.ts';
import { waiverRoutes } from '../../../src/reviews/people/waivers.routes.ts';
import type { ReviewView } from '../../../src/reviews/review.ts';
import type { ReviewParts } from '../../../src/reviews/review-context.ts';
import { reviewRoutes } from '../../../src/reviews/reviews.routes.ts';
import { runReview } from '../../../src/reviews/run-review.ts';
import { setReviewStatus } from '../../../src/reviews/set-review-status.ts';
import { viewReview } from '../../../src/reviews/view-review.ts';
import { createTestApi, type TestApi } from '../../support/configuration-api.ts';

export type PeopleStand = Awaited<ReturnType<typeof openPeopleStand>>;

const blocker: CheckDefinition = {
  id: 'gate.holds',
  title: 'The gate holds',
  section: 'security',
  subject: 'gateway',
  severity: 'blocker',
  kind: 'automatic',
  evidence: 'Pushes it. Passes when it stays.',
  ttlSeconds: 86_400,
  brokenBy: 'It is open.',
  remedy: 'Shut it.',
};
const attested = { ...blocker, kind: 'attested', subject: 'organisation', brokenBy: null } as const;

/** Two that are measured and can be waived, one that cannot, and three that people attest. */
const definitions: readonly CheckDefinition[] = [
  blocker,
  { ...blocker, id: 'gate.painted', title: 'The gate is painted', severity: 'major' },
  { ...blocker, id: 'gate.oiled', title: 'The gate is oiled', severity: 'minor', section: 'operations' },
  { ...attested, id: 'people.told', title: 'People were told', severity: 'major', section: 'launch' },
  { ...attested, id: 'people.agreed', title: 'People agreed', section: 'launch', needsReview: true },
  { ...attested, id: 'provider.known', title: 'The provider is known', severity: 'minor', subject: 'connection' },
];

const nothing = { sources: [], endpoints: [], connections: [] };
const checks = new Map(definitions.map((each) => [each.id, each]));
// Nothing of the review is a connection, so nothing decides what is about one.
const demanded = [...checks.keys()].filter((id) => id !== 'provider.known');
const items = demanded.map((id, index) => ({ ref: `1.${index}`, says: id, phase: 'prepare' as const, checks: [id] }));
/** About a connection, of which no review here has any. */
const account = {
  id: 'account',
  title: 'The account',
  signoffs: [],
  items: [{ ref: '1', says: 'provider.known', phase: 'prepare' as const, checks: ['provider.known'] }],
};
const house = { id: 'house', title: 'The house', signoffs: ['engineering', 'security'], items };

/** The API of what people say, with members and a review of a small catalogue; what is measured is set by the test. */
export async function openPeopleStand(
  registerMore: (app: FastifyInstance, services: ContextServices & PeoplePorts) => void = () => undefined,
) {
  const time = { nowMs: Date.parse('2026-07-01T12:00:00Z') };
  const clock = { now: () => time.nowMs };
  const findings = new Map<string, Finding>();
  const catalogue: Catalogue = {
    checks,
    checklists: new Map([house, account].map((list) => [list.id, list])),
    scope: { questions: [], providers: [] },
  };
  let ports: PeoplePorts | null = null;
  let parts: ReviewParts | null = null;
  const api: TestApi = await createTestApi({
    clock,
    register(app, { services }) {
      const readiness = createReadiness({
        ...services,
        release: '1.2.3',
        catalogue,
        instruments: { gateway: () => ({}) } as unknown as Instruments,
        onError: (error) => {
          throw error;
        },
        collectors: ['gate.holds', 'gate.painted', 'gate.oiled'].map((checkId) => collectorOf(checkId, findings)),
        waiting: new Map(),
      });
      parts = {
        readiness,
        catalogueOf: () => Promise.resolve(catalogue),
        people: createPeopleOnRecord(services),
        release: '1.2.3',
        onTold: () => undefined,
      };
      const ctx = { ...services, reviewing: parts };
      ports = {
        reviews: { view: (teamId, reviewId) => viewReview(ctx, { teamId, reviewId }) },
        checks: (teamId) => readiness.states(teamId),
      };
      const all = { services: { ...services, ...ports } };
      void app.register(memberRoutes(all));
      void app.register(reviewRoutes({ services: ctx }));
      void app.register(signerRoutes(all));
      void app.register(attestationRoutes(all));
      void app.register(waiverRoutes(all));
      void app.register(signOffRoutes(all));
      registerMore(app, all.services);
    },
  });
  const ready = { ports: ports as unknown as PeoplePorts, parts: parts as unknown as ReviewParts };
  const { services } = api;
  const asGateway = { ...services, ids: createIdSource(clock), reviewing: ready.parts };
  const operator = { ...services, actor: { kind: 'operator' } as const, requestId: 'test', address: null };
  let number = 0;

  return {
    ...api,
    ...ready,
    time,
    findings,
    /** A member, with a key of their own. */
    async addMember(team: string, role = 'developer', name = `Member ${(number += 1)}`) {
      const body = { name, email: `member-${(number += 1)}@example.com`, role };
      const answer = await api.call('POST', `/v1/teams/${team}/members`, { body });
      if (answer.status !== 201) throw new Error(answer.text);
      const { id } = answer.body as { id: string };
      const { key } = await api.createKey(team, ['*'], { memberId: id });
      return { id, key, name };
    },
    async nameSigners(team: string, duty: string, members: readonly { id: string }[]) {
      const body = { members: members.map(({ id }) => id) };
      const answer = await api.call('PUT', `/v1/teams/${team}/signers/${duty}`, { body });
      if (answer.status !== 200) throw new Error(answer.text);
    },
    /** A review without an integration, measured once. */
    async createReview(
      teamId: string,
      more: { waiverCap?: number; name?: string; checklists?: string[] } = {},
    ): Promise<string> {
      const { id } = await createReview(
        { ...operator, reviewing: ready.parts },
        { teamId, name: 'Go live', checklists: ['house'], integration: nothing, answers: {}, waiverCap: 3, ...more },
      );
      await runReview(asGateway, { teamId, reviewId: id, by: null });
      return id;
    },
    run: (teamId: string, reviewId: string) => runReview(asGateway, { teamId, reviewId, by: null }),
    view: (teamId: string, reviewId: string): Promise<ReviewView> => ready.ports.reviews.view(teamId, reviewId),
    close: (teamId: string, reviewId: string) =>
      setReviewStatus(asGateway, { teamId, reviewId, status: 'closed', because: null }),
    /** The state of a check of a review, with what it stands on. */
    async stateOf(teamId: string, reviewId: string, checkId: string) {
      const view = await ready.ports.reviews.view(teamId, reviewId);
      const found = view.checks.find((check) => check.checkId === checkId);
      return { state: found?.state, basis: found?.basis };
    },
  };
}

function collectorOf(checkId: string, findings: ReadonlyMap<string, Finding>): Collector<unknown> {
  return {
    checkId,
    version: 1,
    gather: () => Promise.resolve(null),
    judge: () =>
      findings.get(checkId) ?? (checkId === 'gate.holds' ? passed('It stays.') : failed('It does not.', {}, 'mend')),
  };
}
