import { randomBytes } from 'node:crypto';
import type { Drill } from '../drill.ts';
import type { DrillNode, Json, ScratchTeam, Stage } from '../stage.ts';
import { ask } from '../security/operations.ts';
import { auditEntries } from '../security/role-keys.ts';
import { type AuditedAction, type Expected, judgeContent, lacksOf } from './compliance.audit.content-complete.rules.ts';

type Done = { kind: string; action: string; expected: Expected; requestId: string; secrets: string[]; id: string };

const secretOf = (): string => randomBytes(18).toString('hex');

/** Does things one after another, and remembers what has to be on record of each. */
function createActor(stage: Stage, node: DrillNode, team: ScratchTeam) {
  const done: Done[] = [];
  const act = async (
    kind: string,
    action: string,
    request: { method: string; path: string; body?: Json; key?: string },
    expected: Expected,
    secrets: readonly string[] = [],
  ): Promise<Record<string, unknown>> => {
    const { path, ...rest } = request;
    const answer = await ask(node.url, { key: team.key, ...rest, path: `/v1/teams/${team.id}${path}` }, stage.signal);
    stage.note(kind, { status: answer.status });
    const isJson = answer.text.startsWith('{');
    const read = isJson && !path.includes('export') ? (JSON.parse(answer.text) as Record<string, unknown>) : {};
    const shown = [read['key'], read['secret']].filter((value) => typeof value === 'string');
    done.push({
      kind,
      action,
      expected,
      requestId: answer.requestId,
      secrets: [...secrets, ...shown],
      id: String(read['id']),
    });
    return read;
  };
  return { act, done };
}

async function actAll(stage: Stage, node: DrillNode, team: ScratchTeam): Promise<Done[]> {
  const { act, done } = createActor(stage, node, team);
  const made: Expected = { how: 'made' };
  const gone: Expected = { how: 'taken away' };
  const key = node.operatorKey;
  const person = (role: string): Json => ({ name: 'Drill', email: `${secretOf()}@drill.example`, role });
  const member = await act(
    'a member is added',
    'member.added',
    { method: 'POST', path: '/members', body: person('viewer'), key },
    made,
  );
  const at = `/members/${String(member['id'])}`;
  const role: Expected = { how: 'changed', field: 'role', before: 'viewer', after: 'developer' };
  await act('a role changes', 'member.changed', { method: 'PATCH', path: at, body: { role: 'developer' }, key }, role);
  await act('a member is removed', 'member.removed', { method: 'DELETE', path: at, key }, gone);
  const grant = { name: 'drill', permissions: ['events:read'] };
  const apiKey = await act(
    'a key is made',
    'api-key.created',
    { method: 'POST', path: '/api-keys', body: grant },
    made,
  );
  const reader = String(apiKey['key']);
  const denied = { method: 'GET', path: '/members', key: reader };
  await act('a permission is denied', 'access.refused', denied, { how: 'done' });
  const revoked = { method: 'DELETE', path: `/api-keys/${String(apiKey['id'])}` };
  await act('a key is revoked', 'api-key.revoked', revoked, { how: 'done' });

  await act(
    'an event type is made',
    'event-type.created',
    { method: 'POST', path: '/event-types', body: { name: 'drill.audit' } },
    made,
  );
  const header = secretOf();
  const url = {
    url: 'http://127.0.0.1:9/',
    eventTypes: ['drill.audit'],
    status: 'paused',
    headers: { 'x-key': header },
  };
  const endpoint = await act(
    'an endpoint is made',
    'endpoint.created',
    { method: 'POST', path: '/endpoints', body: url },
    made,
    [header],
  );
  const endpointAt = `/endpoints/${String(endpoint['id'])}`;
  const concurrency: Expected = { how: 'changed', field: 'concurrency', before: 8, after: 2 };
  await act(
    'an endpoint is changed',
    'endpoint.updated',
    { method: 'PATCH', path: endpointAt, body: { concurrency: 2 } },
    concurrency,
  );
  const rotate = { method: 'POST', path: `${endpointAt}/secret/rotate`, body: { overlapSeconds: 60 } };
  await act('a secret is rotated', 'endpoint.secret-rotated', rotate, { how: 'done' });
  const credential = secretOf();
  const source = { provider: 'documenso', name: 'Drill', credentials: [{ value: credential }] };
  const sourceMade = await act(
    'a source is made',
    'source.created',
    { method: 'POST', path: '/sources', body: source },
    made,
    [credential],
  );
  const paused: Expected = { how: 'changed', field: 'status', before: 'active', after: 'paused' };
  const sourceAt = `/sources/${String(sourceMade['id'])}`;
  await act(
    'a source is paused',
    'source.updated',
    { method: 'PATCH', path: sourceAt, body: { status: 'paused' } },
    paused,
  );
  await act('a source is deleted', 'source.deleted', { method: 'DELETE', path: sourceAt }, gone);
  const token = secretOf();
  const connection = {
    provider: 'generic',
    environment: 'sandbox',
    name: 'Drill',
    baseUrl: 'http://127.0.0.1:9',
    credentials: [{ kind: 'bearer', fields: { token } }],
  };
  const connected = await act(
    'a connection is made',
    'connection.created',
    { method: 'POST', path: '/connections', body: connection },
    made,
    [token],
  );
  const connectionAt = `/connections/${String(connected['id'])}`;
  await act(
    'a connection is paused',
    'connection.updated',
    { method: 'PATCH', path: connectionAt, body: { status: 'paused' } },
    paused,
  );
  await act('a connection is deleted', 'connection.deleted', { method: 'DELETE', path: connectionAt }, gone);
  const replay = { filter: { endpoint: String(endpoint['id']) }, dryRun: true };
  await act('a replay is started', 'replay.created', { method: 'POST', path: '/replays', body: replay }, made);
  await act('the audit log is exported', 'audit.exported', { method: 'GET', path: '/audit/export' }, { how: 'done' });
  await act('an endpoint is deleted', 'endpoint.deleted', { method: 'DELETE', path: endpointAt }, gone);
  return done;
}

export const auditContentComplete: Drill = {
  checkId: 'compliance.audit.content-complete',
  subject: 'gateway',
  version: 1,
  does: 'Does each sort of thing once on a second gateway and reads what its audit log says of it.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const node = await stage.node();
    const team = await node.team();
    const done = await actAll(stage, node, team);
    const entries = await auditEntries(node, team.id, '');
    const actions = done.map(({ kind, action, expected, requestId, secrets }): AuditedAction => {
      const found = entries.filter((entry) => entry['requestId'] === requestId && entry['action'] === action);
      const [entry] = found;
      const text = JSON.stringify(found);
      return {
        kind,
        entries: found.length,
        lacks: entry === undefined ? [] : lacksOf(entry, expected),
        showsSecret: secrets.some((secret) => text.includes(secret)),
      };
    });
    return judgeContent(actions);
  },
};
