import { randomBytes } from 'node:crypto';
import type { Drill } from '../drill.ts';
import type { Gateway, ScratchTeam } from '../stage.ts';
import { judgeRefusals, type RefusalFacts } from './api-key.required-on-every-route.rules.ts';
import { ask, guardedOperations } from './operations.ts';
import { filled, nameOf, type Operation } from './operations.rules.ts';
import { changedTables, rowCounts } from './row-counts.ts';

const expiresAfterMs = 1_500;

/** A key that was taken back, and one that is about to end, each as it was while it was good. */
async function endedKeys(node: Gateway, team: ScratchTeam): Promise<{ revoked: string; expired: string }> {
  const at = `/v1/teams/${team.id}/api-keys`;
  const grant = { name: 'drill', permissions: ['*'] };
  const revoked = await node.want('POST', at, { body: grant });
  await node.want('DELETE', `${at}/${String(revoked['id'])}`);
  const expiresAt = new Date(Date.now() + expiresAfterMs).toISOString();
  const expired = await node.want('POST', at, { body: { ...grant, expiresAt } });
  return { revoked: String(revoked['key']), expired: String(expired['key']) };
}

/** Whether a path, which may have names in braces itself, is one that a pattern takes. */
function matches(pattern: string, path: string): boolean {
  const [wanted, parts] = [pattern.split('/'), path.split('/')];
  return wanted.length === parts.length && wanted.every((part, index) => part.startsWith('{') || part === parts[index]);
}

/** What the router takes at the paths of the operations beyond them, as its own refusals say. */
async function undocumentedMethods(
  node: Gateway,
  operations: readonly Operation[],
  at: (path: string) => string,
  signal: AbortSignal,
): Promise<string[]> {
  const found: string[] = [];
  for (const path of new Set(operations.map((operation) => operation.path))) {
    // What has a name for every id takes the paths beside it too.
    const isTaken = ({ path: other }: Operation): boolean => matches(other, path);
    const known = new Set(operations.filter(isTaken).map(({ method }) => method));
    const other = ['PUT', 'PATCH', 'DELETE', 'POST', 'GET'].find((method) => !known.has(method));
    if (other === undefined || path.startsWith('/egress/')) continue;
    const { status, allow } = await ask(node.url, { method: other, path: at(path), key: node.operatorKey }, signal);
    if (status !== 405) found.push(`${other} ${path}`);
    for (const method of allow.split(', ')) if (!known.has(method)) found.push(`${method} ${path}`);
  }
  return found;
}

export const keyRequired: Drill = {
  checkId: 'api-key.required-on-every-route',
  subject: 'gateway',
  version: 1,
  does: 'Calls every operation of a second gateway with no key, a made-up, an expired and a revoked one.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const database = await stage.database();
    // Guesses are counted by address: each request says that it comes from another one.
    const node = await stage.node({ database, environment: { POSTHORN_TRUSTED_PROXIES: '127.0.0.1/32' } });
    const team = await node.team();
    const operations = await guardedOperations(node);
    const at = (path: string): string => filled(path, team.id, 'x');
    const { revoked, expired } = await endedKeys(node, team);
    const undocumented = await undocumentedMethods(node, operations, at, stage.signal);
    await stage.pause(expiresAfterMs + 200);
    const before = await rowCounts(database);
    const keys: readonly [string, string | null][] = [
      ['none', null],
      ['made up', `phk_${team.id.slice(-26)}_${randomBytes(32).toString('base64url')}`],
      ['expired', expired],
      ['revoked', revoked],
    ];
    stage.note('made a key that has expired and one that was revoked', { operations: operations.length });
    const answers: RefusalFacts['answers'][number][] = [];
    for (const [called, key] of keys) {
      for (const [index, operation] of operations.entries()) {
        const from = `198.51.${answers.length >> 8}.${index & 255}`;
        const request = {
          method: operation.method,
          path: at(operation.path),
          key,
          headers: { 'x-forwarded-for': from },
        };
        const { status, code } = await ask(node.url, request, stage.signal);
        answers.push({ operation: nameOf(operation), key: called, status, code });
        if (status !== 401) stage.note('answered otherwise', { operation: nameOf(operation), key: called, status });
      }
      stage.note('called every operation', { key: called, requests: operations.length });
      stage.progress(answers.length, operations.length * keys.length);
    }
    const written = changedTables(before, await rowCounts(database));
    const { text } = await ask(node.url, { method: 'GET', path: '/docs/problems', key: null }, stage.signal);
    const codes = [...new Set(answers.map(({ code }) => code))].filter((code) => code !== '' && text.includes(code));
    return judgeRefusals({ operations: operations.length, answers, undocumented, documentedCodes: codes, written });
  },
};
