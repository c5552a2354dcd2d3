import { randomBytes } from 'node:crypto';
import type { Drill } from '../drill.ts';
import { holdingsOf, pathToHeld } from './marked-team.ts';
import { ask, guardedOperations } from './operations.ts';
import { filled, nameOf } from './operations.rules.ts';
import { judgeMasks, type Look } from './payload.sensitive-fields-masked.rules.ts';
import { publishedRolesOf } from './published-roles.rules.ts';
import { auditEntries, makeRoleKeys } from './role-keys.ts';

const bodyPath = '/v1/teams/{team}/events/{id}/body';

export const sensitiveMasked: Drill = {
  checkId: 'payload.sensitive-fields-masked',
  subject: 'team',
  version: 1,
  does: 'Has members of all roles look at an event with a made-up person and a live token, through all that can be read.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const node = await stage.node();
    const team = await node.team();
    const at = `/v1/teams/${team.id}`;
    const hex = (): string => randomBytes(10).toString('hex');
    const [email, name, token, secret] = [`${hex()}@canary.example`, `Canary ${hex()}`, hex(), hex()];
    const source = await node.want('POST', `${at}/sources`, {
      body: { provider: 'documenso', name: 'Drill', credentials: [{ value: secret }] },
    });
    const receiver = await stage.receiver();
    await node.want('POST', `${at}/endpoints`, { body: { url: receiver.url, eventTypes: ['*'] } });
    const person = { id: 1, name, email, token, role: 'SIGNER', signingStatus: 'NOT_SIGNED' };
    const payload = { id: 1, envelopeId: 'envelope_drill', title: 'Drill', recipients: [person], Recipient: [person] };
    const body = { event: 'DOCUMENT_SENT', payload, createdAt: new Date().toISOString(), webhookEndpoint: 'drill' };
    const headers = { 'x-documenso-secret': secret };
    const request = { method: 'POST', path: `/in/${String(source['id'])}`, key: null, body, headers };
    const { status } = await ask(node.url, request, stage.signal);
    await stage.until(async () => (receiver.requests.length > 0 ? true : null), 20_000);
    stage.note('a notification with a made-up person and token came in and was delivered', { status });

    const operations = (await guardedOperations(node)).filter(
      ({ method, team: isOfTeam }) => method === 'GET' && isOfTeam,
    );
    const lists = operations
      .filter(({ path }) => /^\/v1\/teams\/\{team\}\/[a-z-]+$/.test(path))
      .map(({ path }) => path);
    const holdings = await holdingsOf(node, team, lists);
    const people = await makeRoleKeys(node, team.id);
    const looks: Look[] = [];
    const foundByToken: string[] = [];
    for (const { role, key } of people) {
      const mayReveal = publishedRolesOf('events:reveal')?.includes(role) ?? false;
      const look = async (operation: string, path: string, reveals: boolean): Promise<void> => {
        const { text } = await ask(node.url, { method: 'GET', path, key }, stage.signal);
        const isPerson = text.includes(email) || text.includes(name);
        looks.push({ role, operation, reveals, person: isPerson, token: text.includes(token) });
      };
      for (const operation of operations) {
        const path = pathToHeld(operation.path, team.id, holdings) ?? filled(operation.path, team.id, 'x');
        await look(nameOf(operation), path, false);
      }
      const revealed = pathToHeld(bodyPath, team.id, holdings) ?? bodyPath;
      await look(`GET ${bodyPath}`, `${revealed}?reveal=true`, mayReveal);
      const search = await ask(node.url, { method: 'GET', path: `${at}/events?q=${token}`, key }, stage.signal);
      const found = search.status === 200 && !search.text.startsWith('{"data":[]');
      if (found && !mayReveal) foundByToken.push(role);
      const own = looks.filter((each) => each.role === role);
      const count = (what: 'person' | 'token'): number => own.filter((each) => each[what]).length;
      stage.note('looked at everything', {
        role,
        looks: own.length,
        withPerson: count('person'),
        withToken: count('token'),
      });
    }
    const revealsOnRecord = (await auditEntries(node, team.id, '&action=event.revealed')).length;
    return judgeMasks({ looks, revealsOnRecord, foundByToken });
  },
};
