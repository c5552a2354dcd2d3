import { expect, onTestFinished } from 'vitest';
import { type ApiSimulator, startApiSimulator } from '../../src/simulation/start-api-simulator.ts';
import { createApi } from '../support/api.ts';
import { systemClock } from '../simulation-api/webhook-inbox.ts';
import { type DrilledGateway, type Run, runDrill } from './support/drilled-gateway.ts';
import { proveDrills } from './support/prove-drills.ts';

type Made = { id: string };
type Key = Made & { key: string };

const check = 'goroute.receiver.test-delivered';
/** Of the times between two readings. */
const pace = 0.1;
const secret = 'a-long-and-random-secret-0123456789';
const own = { scheme: '0192', value: '974760673', owner: 'own', name: 'Example AS', country: 'NO' };
const recipient = { scheme: '0088', value: '7300010000001', name: 'Recipient AB', country: 'SE' };
const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

let simulator: ApiSimulator<'goroute'>;
let memberKey = '';
let agreedOn = '';

/** What the team declares, as one of its members; `received` once the recipient has said so. */
async function declare({ url, team }: DrilledGateway, connection: string, received: readonly string[]): Promise<void> {
  const api = createApi(() => url, memberKey);
  const at = `/v1/teams/${team}/declarations`;
  const { version } = await api.call<{ version: number }>('GET', at);
  const receipt = { on: daysAgo(0), by: 'Accounts payable', transactions: received };
  const agreed = { connection, ...recipient, agreedOn, agreedBy: 'Accounts payable' };
  const testRecipients = [received.length === 0 ? agreed : { ...agreed, receipt }];
  await api.call('PUT', at, { version, parts: { participants: [own], testRecipients }, confirm: [] });
}

/** Sends what is not sent yet, and answers its transactions. */
async function send(gateway: DrilledGateway, connection: string): Promise<string[]> {
  const { finding } = await runDrill(gateway, check, connection, { pace, confirm: true });
  expect(finding).toMatchObject({ state: 'unknown', seen: expect.stringContaining('Ask the recipient') });
  return ['invoiceTransaction', 'creditNoteTransaction'].map((name) => String(valueOf(finding, name)));
}

function valueOf(finding: Run['finding'], name: string): unknown {
  return finding?.values.find((each) => each.name === name)?.value;
}

async function prepare(gateway: DrilledGateway): Promise<string> {
  const { api, team, url } = gateway;
  const at = `/v1/teams/${team}`;
  const member = { name: 'Ada', email: 'ada@example.com', role: 'developer' };
  const { id: memberId } = await api.call<Made>('POST', `${at}/members`, member);
  const grant = { name: 'Ada', permissions: ['*'], memberId };
  memberKey = (await api.call<Key>('POST', `${at}/api-keys`, grant)).key;
  const body = { provider: 'goroute', name: 'Drilled', credentials: [{ value: secret }] };
  const { id: source } = await api.call<Made>('POST', `${at}/sources`, body);
  simulator = await startApiSimulator({
    provider: 'goroute',
    keyPrefix: 'pk_goroute_',
    clock: systemClock,
    webhook: { url: `${url}/in/${source}`, secret },
  });
  onTestFinished(() => simulator.stop());
  const { id: connection } = await api.call<Made>('POST', `${at}/connections`, {
    provider: 'goroute',
    environment: 'production',
    name: 'Drilled',
    sources: [source],
    baseUrl: `${simulator.url}/peppol-api`,
    credentials: [{ fields: { name: 'X-API-Key', value: simulator.world.api.apiKey } }],
  });
  agreedOn = daysAgo(2);
  await declare(gateway, connection, []);
  await declare(gateway, connection, await send(gateway, connection));
  return connection;
}

/** Under another agreement, since what was delivered is not sent again. */
async function plant(gateway: DrilledGateway, subject: string | null): Promise<void> {
  expect(simulator.world.subjects()).toHaveLength(2);
  // As if the node had died before it could note what it sent: the key of the request tells that it is the same.
  await gateway.query(`UPDATE drill_run SET transcript = '[]' WHERE check_id = $1`, [check]);
  const { finding } = await runDrill(gateway, check, subject, { pace, confirm: true });
  expect(finding).toMatchObject({ state: 'passed' });
  expect(simulator.world.subjects()).toHaveLength(2);
  simulator.world.api.setRejecting([`${recipient.scheme}:${recipient.value}`]);
  agreedOn = daysAgo(1);
  await declare(gateway, String(subject), []);
}

async function mend(gateway: DrilledGateway, subject: string | null): Promise<void> {
  // The invoice that was rejected, and no credit note to it.
  expect(simulator.world.subjects()).toHaveLength(3);
  simulator.world.api.setRejecting([]);
  await declare(gateway, String(subject), await send(gateway, String(subject)));
  expect(simulator.world.subjects()).toHaveLength(5);
}

proveDrills('a test invoice', [{ check, pace, confirm: true, prepare, plant, mend }]);
