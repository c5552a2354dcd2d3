import type { Drill } from '../drill.ts';
import type { DrillNode, Json, ScratchTeam, Stage } from '../stage.ts';
import { resolverModule } from './inner-addresses.rules.ts';
import { judgeSecurityEvents, type SecurityEvent } from './log.security-events-recorded.rules.ts';
import { ask } from './operations.ts';
import { auditEntries } from './role-keys.ts';

const withinMs = 10_000;

type Entry = Readonly<Record<string, unknown>>;

/** What an entry of the audit log has to say. */
function lacksOf(entry: Entry, expected: { requestId: string; outcome: string }): string[] {
  const { actor, address, target, outcome, requestId, at } = entry;
  const said: readonly [string, boolean][] = [
    ['who', typeof actor === 'object' && actor !== null],
    ['from where', address === '127.0.0.1'],
    ['on what', typeof target === 'object' && target !== null],
    ['how it ended', outcome === expected.outcome],
    ['the request', requestId === expected.requestId],
    ['when', typeof at === 'string'],
  ];
  return said.flatMap(([what, isThere]) => (isThere ? [] : [what]));
}

/** Asks for something and looks for its entry in the audit log. */
function createAudited(stage: Stage, node: DrillNode, team: ScratchTeam) {
  return async (
    kind: string,
    request: { method: string; path: string; key: string; body?: Json },
    expected: { action: string; outcome: string },
  ): Promise<SecurityEvent> => {
    const { requestId, status } = await ask(node.url, request, stage.signal);
    const entry = await stage.until(async () => {
      const entries = await auditEntries(node, team.id, `&action=${expected.action}`);
      return entries.find((each) => each['requestId'] === requestId) ?? null;
    }, withinMs);
    stage.note('brought about', { kind, status, onRecord: entry !== null });
    return { kind, lacks: entry === null ? null : lacksOf(entry, { requestId, outcome: expected.outcome }) };
  };
}

/** Kinds that a source refuses, which stand among its rejections. */
async function rejections(stage: Stage, node: DrillNode, team: ScratchTeam): Promise<SecurityEvent[]> {
  const at = `/v1/teams/${team.id}/sources`;
  const secret = 'a-made-up-secret-of-a-drill';
  const body = { provider: 'documenso', name: 'Drill', credentials: [{ value: secret }], rateLimit: { perSecond: 1 } };
  const { id } = await node.want('POST', at, { body });
  const path = `/in/${String(id)}`;
  const notify = async (value: string): Promise<void> => {
    const headers = { 'x-documenso-secret': value };
    await ask(
      node.url,
      { method: 'POST', path, key: null, body: { event: 'DOCUMENT_SENT', payload: {} }, headers },
      stage.signal,
    );
  };
  await notify('forged');
  for (let sent = 0; sent < 3; sent += 1) await notify(secret);
  await node.want('PATCH', `${at}/${String(id)}`, { body: { allowAddresses: ['203.0.113.7'] } });
  const wanted = {
    'a forged signature': 'signature_mismatch',
    'a rate that was exceeded': 'rate_limited',
    'an address that is not allowed': 'address_not_allowed',
  };
  const found = await stage.until(async () => {
    // The change is heard of a moment later.
    await notify(secret);
    const { data } = await node.want('GET', `${at}/${String(id)}/rejections`);
    const entries = data as Entry[];
    return Object.values(wanted).every((reason) => entries.some((entry) => entry['reason'] === reason))
      ? entries
      : null;
  }, withinMs);
  const entries = found ?? ((await node.want('GET', `${at}/${String(id)}/rejections`))['data'] as Entry[]);
  return Object.entries(wanted).map(([kind, reason]) => {
    const entry = entries.find((each) => each['reason'] === reason);
    stage.note('brought about', { kind, onRecord: entry !== undefined });
    if (entry === undefined) return { kind, lacks: null };
    const said: readonly [string, boolean][] = [
      ['from where', entry['lastAddress'] === '127.0.0.1'],
      ['when', typeof entry['lastAt'] === 'string'],
      ['why', typeof entry['lastDetail'] === 'string'],
    ];
    return { kind, lacks: said.flatMap(([what, isThere]) => (isThere ? [] : [what])) };
  });
}

/** A delivery to a name that leads inside stands among the attempts. */
async function blockedDelivery(stage: Stage, node: DrillNode, team: ScratchTeam): Promise<SecurityEvent> {
  const kind = 'an internal address that was blocked';
  const at = `/v1/teams/${team.id}`;
  const retry = { scheduleSeconds: [], timeoutMs: 2_000 };
  const url = 'http://private.drill.test/';
  await node.want('POST', `${at}/endpoints`, { body: { url, eventTypes: ['drill.marked'], retry } });
  await node.want('POST', `${at}/events`, { body: { type: 'drill.marked', payload: {} } });
  const attempt = await stage.until(async () => {
    const { data } = await node.want('GET', `${at}/deliveries?state=dead`);
    const [delivery] = data as { id: string }[];
    if (delivery === undefined) return null;
    const { attempts } = await node.want('GET', `${at}/deliveries/${delivery.id}`);
    return (attempts as Entry[])[0] ?? null;
  }, withinMs);
  stage.note('brought about', { kind, onRecord: attempt !== null });
  if (attempt === null) return { kind, lacks: null };
  return { kind, lacks: attempt['error'] === 'blocked' ? [] : ['how it ended'] };
}

export const securityEventsRecorded: Drill = {
  checkId: 'log.security-events-recorded',
  subject: 'gateway',
  version: 1,
  does: 'Brings about each kind of security event once on a second gateway and looks for its record.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const node = await stage.node({ environment: { NODE_OPTIONS: `--import=${resolverModule()}` } });
    const team = await node.team();
    const other = await node.team();
    const at = `/v1/teams/${team.id}`;
    const make = async (more: Readonly<Record<string, Json>>): Promise<{ id: string; key: string }> => {
      const made = await node.want('POST', `${at}/api-keys`, {
        body: { name: 'drill', permissions: ['events:read'], ...more },
      });
      return { id: String(made['id']), key: String(made['key']) };
    };
    await node.want('POST', `${at}/event-types`, { body: { name: 'drill.marked' } });
    const event = await node.want('POST', `${at}/events`, { body: { type: 'drill.marked', payload: {} } });
    const reader = await make({});
    const ended = await make({ expiresAt: new Date(Date.now() + 1_000).toISOString() });
    const audited = createAudited(stage, node, team);
    const refused = { action: 'access.refused', outcome: 'refused' };
    const keys = `${at}/api-keys`;
    const grant = { name: 'drill', permissions: ['events:read'] };
    const events = [
      await audited('a permission that was denied', { method: 'GET', path: keys, key: reader.key }, refused),
      await audited("another team's thing", { method: 'GET', path: `/v1/teams/${other.id}`, key: team.key }, refused),
      await audited(
        'a key that was made',
        { method: 'POST', path: keys, key: team.key, body: grant },
        { action: 'api-key.created', outcome: 'succeeded' },
      ),
      await audited(
        'a key that was revoked',
        { method: 'DELETE', path: `${keys}/${reader.id}`, key: team.key },
        { action: 'api-key.revoked', outcome: 'succeeded' },
      ),
      await audited(
        'a body that was revealed',
        { method: 'GET', path: `${at}/events/${String(event['id'])}/body?reveal=true`, key: team.key },
        { action: 'event.revealed', outcome: 'succeeded' },
      ),
    ];
    await stage.pause(1_000);
    events.push(
      await audited('a key that had expired', { method: 'GET', path: `${at}/events`, key: ended.key }, refused),
      ...(await rejections(stage, node, team)),
      await blockedDelivery(stage, node, team),
    );
    return judgeSecurityEvents(events);
  },
};
