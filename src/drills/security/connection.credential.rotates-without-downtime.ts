import type { Drill } from '../drill.ts';
import { drillTeam } from '../reliability/drill-team.ts';
import { callingKindOf, exchangedCredential, tokenServer } from '../reliability/token-server.ts';
import { credentialOf, readConnection, type TwinAnswer, twinConnection } from '../reliability/twin-connection.ts';
import {
  type CredentialRotationFacts,
  judgeCredentialRotation,
} from './connection.credential.rotates-without-downtime.rules.ts';

const reads = 100;
const lastsMs = 20_000;
const leastMs = 9_000;

/** Credentials of the kind that the connection has: where they are exchanged for tokens, those of the twin are too. */
export const credentialRotates: Drill = {
  checkId: 'connection.credential.rotates-without-downtime',
  subject: 'connection',
  version: 1,
  does: 'Exchanges the credential of a twin of the connection while reads go out, at a server that tells credentials apart.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 180,
  async run(stage, subject) {
    const connection = await readConnection(stage, subject);
    const { provider, environment } = connection;
    const kind = callingKindOf(connection);
    let firstIsValid = true;
    const shown = new Map<string, 'first' | 'second'>();
    const server = await stage.receiver(
      tokenServer((request) => {
        const proof = `${request.headers['authorization'] ?? ''} ${request.headers['x-api-key'] ?? ''}`;
        const provedAs = proof.includes('drill-second') ? 'second' : proof.includes('drill-first') ? 'first' : null;
        if (provedAs !== null) shown.set(request.path.slice(request.path.lastIndexOf('/') + 1), provedAs);
        const isValid = provedAs === 'second' || (provedAs === 'first' && firstIsValid);
        return { status: isValid ? 200 : 401, body: '{}' };
      }),
    );
    const database = await stage.database();
    const node = await stage.node({ database });
    const team = await drillTeam(node);
    const make = (name: string) =>
      kind === null ? credentialOf(provider, environment, name) : exchangedCredential(kind, name, server.url);
    const twin = await twinConnection(stage, connection, {
      at: { node, team },
      url: server.url,
      credentials: [make('first')],
      freeBudgets: true,
    });
    const rows = (): Promise<{ name: string }[]> => database.query('SELECT name FROM connection_credential');
    const startedAtMs = Date.now();
    const totalMs = stage.paced(lastsMs, leastMs);
    const calls: { what: string; startedAtMs: number; answer: Promise<TwinAnswer> }[] = [];
    const readUntil = async (share: number): Promise<void> => {
      while (calls.length < reads * share) {
        const what = `read-${calls.length}`;
        calls.push({ what, startedAtMs: Date.now(), answer: twin.call('GET', twin.path(what)) });
        stage.progress(calls.length, reads);
        await stage.pause(startedAtMs + (calls.length * totalMs) / reads - Date.now());
      }
    };
    await readUntil(0.3);
    const added = await team.want('PATCH', `/connections/${twin.id}`, {
      credentials: [make('second'), { name: 'first' }],
    });
    const addedAtMs = Date.now();
    const { credentials } = added as { credentials: { id: string; name: string }[] };
    stage.note('The second credential was added.', { after: calls.length, kind: kind ?? 'as entered' });
    await readUntil(0.6);
    await team.want('PATCH', `/connections/${twin.id}`, { credentials: [{ name: 'second' }] });
    const removedAtMs = Date.now();
    // Calls under way were begun with what was valid then.
    setTimeout(() => (firstIsValid = false), 1_000).unref();
    stage.note('The first credential was removed.', { after: calls.length });
    await readUntil(1);

    const seen: CredentialRotationFacts['calls'][number][] = [];
    for (const { what, startedAtMs: begunAtMs, answer } of calls) {
      const { status, callId } = await answer;
      const record = await twin.onRecord(callId);
      seen.push({
        startedAtMs: begunAtMs,
        status,
        usedCredential: record?.credentialId ?? null,
        provedAs: shown.get(what) ?? null,
      });
    }
    const stored = await rows();
    stage.note('All calls have ended.', { calls: seen.length, storedCredentials: stored.length });
    return judgeCredentialRotation({
      calls: seen,
      addedAtMs,
      removedAtMs,
      secondCredential: credentials.find(({ name }) => name === 'second')?.id ?? '',
      stored: stored.length,
      firstIsStored: stored.some(({ name }) => name === 'first'),
    });
  },
};
