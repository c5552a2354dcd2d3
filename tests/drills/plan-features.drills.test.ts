import { expect, test } from 'vitest';
import type { ApiSimulator } from '../../src/simulation/start-api-simulator.ts';
import { docusignGrant, requestsTo, startDocusign } from '../support/api-simulators.ts';
import { until } from '../support/until.ts';
import { operatorKey } from '../support/posthorn-process.ts';
import { type DrilledGateway, ownSource, runDrill, startGatewayOf } from './support/drilled-gateway.ts';
import { proveDrills } from './support/prove-drills.ts';

type Made = { id: string };

const check = 'docusign.account.plan-covers-features';
/** Of the times that a list of drafts is waited for. */
const pace = 0.1;
// oxlint-disable-next-line node/no-process-env -- a test run is told so by its environment
const provesAll = process.env['POSTHORN_ALL_DRILLS'] === '1';
const everyFeature = [
  'identity-verification',
  'phone-authentication',
  'knowledge-based-authentication',
  'sms-delivery',
  'bulk-sending',
  'templates',
  'payments',
  'brands',
  'signing-groups',
  'document-visibility',
  'responsive-signing',
];

let production: ApiSimulator<'docusign'>;

async function connect(
  { api, team }: DrilledGateway,
  environment: 'sandbox' | 'production',
  simulator: ApiSimulator<'docusign'>,
): Promise<string> {
  const { accountId } = simulator.world.api;
  const { id } = await api.call<Made>('POST', `/v1/teams/${team}/connections`, {
    provider: 'docusign',
    environment,
    name: `Drilled ${environment}`,
    baseUrl: `${simulator.url}/restapi`,
    options: { accountId },
    credentials: [{ kind: 'docusign-jwt', fields: docusignGrant(simulator) }],
    policy: { ledger: { bodies: 'masked' } },
  });
  return id;
}

/** What the team says that the connection uses. */
async function declare({ api, team }: DrilledGateway, connection: string, features?: readonly string[]): Promise<void> {
  const at = `/v1/teams/${team}/declarations`;
  const { version } = await api.call<{ version: number }>('GET', at);
  const plan = { connection, plans: ['Business Pro - Annual'], envelopesPer30Days: 100 };
  const paidPlans = [features === undefined ? plan : { ...plan, features }];
  await api.call('PUT', at, { version, parts: { paidPlans }, confirm: [] });
}

/** An application that uses identity verification in the sandbox, asks for brands, and nothing else. */
async function useSandbox(gateway: DrilledGateway): Promise<void> {
  const sandbox = await startDocusign({ isConsentGiven: true });
  const connection = await connect(gateway, 'sandbox', sandbox);
  const at = `${gateway.url}/egress/${connection}/v2.1/accounts/${sandbox.world.api.accountId}`;
  const headers = { 'posthorn-key': operatorKey, 'content-type': 'application/json' };
  const signer = { recipientId: '1', name: 'Noor Aziz', email: 'noor@example.com' };
  const identityVerification = { workflowId: '11111111-0000-4000-8000-000000000001' };
  const body = JSON.stringify({
    status: 'created',
    emailSubject: 'Sign',
    recipients: { signers: [{ ...signer, identityVerification, clientUserId: null }] },
  });
  for (const made of [
    await fetch(`${at}/envelopes`, { method: 'POST', headers, body }),
    await fetch(`${at}/brands`, { headers }),
  ]) {
    expect(made.ok).toBe(true);
    await made.text();
  }
}

async function prepare(gateway: DrilledGateway): Promise<string> {
  await useSandbox(gateway);
  production = await startDocusign({ isConsentGiven: true });
  const connection = await connect(gateway, 'production', production);
  await declare(gateway, connection, ['sms-delivery']);
  return connection;
}

const states = (): string[] => [...new Set(production.world.subjects().map(({ status }) => status))];

async function stateOf({ api, team }: DrilledGateway): Promise<string | undefined> {
  type States = { data: { check: string; state: string }[] };
  const { data } = await api.call<States>('GET', `/v1/teams/${team}/readiness`);
  return data.find((each) => each.check === check)?.state;
}

async function plant(): Promise<void> {
  // A plain draft, one that was declared, one that a body asked for and one that a call named; all of them are gone.
  expect(production.world.subjects()).toHaveLength(4);
  expect(states()).toEqual(['deleted']);
  production.world.api.setPlan({ refused: ['identity-verification'] });
  await Promise.resolve();
}

async function mend(): Promise<void> {
  // The one that was refused was never made.
  expect(production.world.subjects()).toHaveLength(7);
  expect(states()).toEqual(['deleted']);
  production.world.api.setPlan({});
  await Promise.resolve();
}

proveDrills('the features of a plan', [{ check, prepare, plant, mend }]);

test.runIf(provesAll)(
  'every feature is tried, what is left out without a word is seen, and nothing is left behind whatever happens',
  { timeout: 300_000 },
  async () => {
    const gateway = await startGatewayOf(ownSource);
    try {
      production = await startDocusign({ isConsentGiven: true });
      const connection = await connect(gateway, 'production', production);
      const play = async () => runDrill(gateway, check, connection, { pace });
      const { setPlan } = production.world.api;

      await declare(gateway, connection);
      expect((await play()).finding).toMatchObject({ state: 'unknown', seen: expect.stringContaining('not declared') });
      // What counts as evidence is stale once something else is declared.
      await declare(gateway, connection, []);
      expect((await runDrill(gateway, check, connection)).finding).toMatchObject({ state: 'passed' });
      expect(await stateOf(gateway)).toBe('passed');
      await declare(gateway, connection, ['powerforms']);
      expect(await stateOf(gateway)).toBe('stale');
      expect((await play()).finding).toMatchObject({ state: 'unknown', seen: expect.stringContaining('powerforms') });

      await declare(gateway, connection, everyFeature);
      const whole = await play();
      expect(whole.finding, JSON.stringify(whole)).toMatchObject({ state: 'passed' });
      expect(JSON.stringify(whole.transcript)).not.toContain('@example.com');
      for (const feature of everyFeature.filter((each) => each !== 'templates')) {
        setPlan({ refused: [feature as 'brands'] });
        await declare(gateway, connection, [feature]);
        const { finding } = await play();
        expect(finding, feature).toMatchObject({
          state: 'failed',
          seen: expect.stringContaining(`with ${feature} was answered 400 PLAN_ITEM_NOT_ENABLED`),
        });
      }
      setPlan({ dropped: ['sms-delivery'] });
      await declare(gateway, connection, ['sms-delivery']);
      expect((await play()).finding).toMatchObject({ state: 'failed', seen: expect.stringContaining('sms-delivery') });
      setPlan({});

      // A list whose answer is lost is found by its name.
      await declare(gateway, connection, ['bulk-sending']);
      production.setFaults(['lost:x1@POST /restapi/*/bulk_send_lists']);
      expect((await play()).finding).toMatchObject({ state: 'unknown' });
      production.setFaults([]);
      // That of the run with everything, and this one.
      expect(requestsTo(production).filter((each) => /^DELETE .*bulk_send_lists.* 200$/.test(each))).toHaveLength(2);
      await declare(gateway, connection, ['sms-delivery']);

      // Nothing was ever sent, and every list for bulk sending is gone.
      expect(requestsTo(production).filter((each) => each.includes('/send'))).toEqual([]);
      expect(states()).toEqual(['deleted']);

      // A run that is stopped removes what it made.
      production.setFaults(['slow=1s@POST /restapi/*/envelopes']);
      const runs = `/v1/teams/${gateway.team}/drills/runs`;
      const body = { check, subject: connection, pace };
      const before = production.world.subjects().length;
      const [run] = (await gateway.api.call<{ data: Made[] }>('POST', runs, body)).data;
      await until('a draft is there', async () => (production.world.subjects().length > before ? true : null));
      await gateway.api.call('POST', `${runs}/${run?.id}/stop`);
      await until('it is gone', async () => (states().join() === 'deleted' ? true : null));
      await until('the run is over', async () => {
        const { state } = await gateway.api.call<{ state: string }>('GET', `${runs}/${run?.id}`);
        return state === 'stopped' ? true : null;
      });
      // An answer that is lost leaves a draft that nobody was told of.
      production.setFaults(['lost:x1@POST /restapi/*/envelopes']);
      expect((await play()).finding).toMatchObject({ state: 'unknown' });
      expect(states()).toEqual(['deleted']);
      // What cannot be removed is told, and the next run removes it.
      production.setFaults(['503@PUT /restapi/*/folders/recyclebin']);
      expect((await play()).finding).toMatchObject({ state: 'failed', seen: expect.stringContaining('2 drafts') });
      production.setFaults([]);
      expect((await play()).finding).toMatchObject({ state: 'passed' });
      expect(states()).toEqual(['deleted']);
    } finally {
      await gateway.stop();
    }
  },
);
