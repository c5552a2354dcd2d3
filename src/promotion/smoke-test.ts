import type { Readable } from 'node:stream';
import { getDelivery } from '../delivery/get-delivery.ts';
import { testEndpoint } from '../delivery/test-endpoint.ts';
import { Problem } from '../problem.ts';
import { getSource } from '../sources/get-source.ts';
import type { Promotion, PromotionStep } from './promotion.ts';
import { byPosthorn, pause, type PromotionServices } from './promotion-services.ts';

/** What a try of one part came to; `at` is added by whoever puts it on record. */
type Tried = Omit<PromotionStep, 'at'>;

const knownWithinMs = 15_000;
const answerWithinMs = 30_000;
const deliveredWithinMs = 60_000;
const lookEveryMs = 100;
/** An event that says nothing else than that an endpoint was tried. */
const testEventType = 'posthorn.promotion.smoke_test';

/**
 * Tries what was switched, as far as that does no harm: one read through the connection, one test event through an
 * endpoint, and whether the sources that tell of its documents take what comes. Ends at the first that fails.
 */
export async function smokeTest(
  services: PromotionServices,
  promotion: Promotion,
  /** Told after each, so that it is on record before the next begins; false: somebody else decides by now. */
  onTried: (tried: Tried) => Promise<boolean>,
): Promise<boolean> {
  for (const attempt of [tryRead, tryEndpoint, trySources, tryArchive]) {
    const tried = await attempt(services, promotion);
    if (!(await onTried(tried))) return false;
    if (tried.outcome === 'failed') return false;
  }
  return true;
}

async function tryRead(services: PromotionServices, promotion: Promotion): Promise<Tried> {
  const { connectionId, teamId } = promotion;
  const isKnown = (): boolean => services.connections.find(connectionId)?.environment === 'production';
  services.connections.teamChanged(teamId);
  if (!(await within(services, knownWithinMs, () => Promise.resolve(isKnown())))) {
    const isGone = services.connections.find(connectionId) === null;
    const why = isGone ? 'The connection was deleted meanwhile.' : 'This node did not learn of the switch in time.';
    return failed('read', why);
  }
  const connection = services.connections.find(connectionId);
  const check = connection?.profile.check(connection.options) ?? null;
  const path = promotion.smoke.path ?? check?.path ?? null;
  if (path === null) {
    return failed('read', 'Nothing says which read is harmless: name a path with `smoke.path`, or set the account.');
  }
  const asked = `GET ${path.replace(/\?.*$/s, '')}`;
  const startedAtMs = services.clock.now();
  const signal = AbortSignal.timeout(answerWithinMs);
  try {
    const answer = await services.call({ connectionId, method: 'GET', path, origin: 'check', signal });
    await drain(answer.body);
    const seen = `${asked} was answered ${answer.status} in ${Math.round(services.clock.now() - startedAtMs)} ms.`;
    return answer.status < 400 ? succeeded('read', seen) : failed('read', `${seen}${remedyOf(answer.status)}`);
  } catch (error) {
    if (signal.aborted) return failed('read', `${asked} was not answered within ${answerWithinMs / 1_000} s.`);
    return failed('read', error instanceof Problem ? `${error.code}: ${error.message}` : 'The answer broke off.');
  }
}

/** What to look at where an answer says so by itself; empty where it does not. */
function remedyOf(status: number): string {
  if (status === 401) return ' The provider does not take the credential: is it one of this server, and still good?';
  if (status === 403) return ' The provider does not allow it: look at what the credential may do there.';
  return status === 404 ? ' There is nothing to read: name another path with `smoke.path`.' : '';
}

async function tryEndpoint(services: PromotionServices, { teamId, smoke }: Promotion): Promise<Tried> {
  if (smoke.endpoint === null) return skipped('endpoint', 'The review has no endpoint.');
  const endpointId = smoke.endpoint;
  try {
    const ctx = { ...services, ...byPosthorn(services) };
    const { id: deliveryId } = await testEndpoint(ctx, { teamId, endpointId, eventType: testEventType });
    const look = () => getDelivery(services, { teamId, deliveryId });
    await within(services, deliveredWithinMs, async () => {
      const { state, attemptCount } = await look();
      return state !== 'pending' || attemptCount > 0;
    });
    const { state, lastStatus, lastError } = await look();
    if (state === 'succeeded')
      return succeeded('endpoint', `${endpointId} took a test event (${lastStatus ?? 'no status'}).`);
    const why = lastStatus === null ? (lastError ?? `it is ${state}`) : `it answered ${lastStatus}`;
    return failed('endpoint', `${endpointId} did not take a test event: ${why}.`);
  } catch (error) {
    if (error instanceof Problem) return failed('endpoint', `${endpointId} cannot be tried: ${error.message}`);
    throw error;
  }
}

async function trySources(services: PromotionServices, { connectionId, teamId }: Promotion): Promise<Tried> {
  const sourceIds = services.connections.find(connectionId)?.sourceIds ?? [];
  if (sourceIds.length === 0) return skipped('source', 'The connection names no source.');
  const ctx = { ...services, publicUrl: () => '' };
  const nowMs = services.clock.now();
  for (const sourceId of sourceIds) {
    const { status, credentials } = await getSource(ctx, { teamId, sourceId });
    if (status !== 'active')
      return failed('source', `${sourceId} is ${status}: what the provider tells would be refused.`);
    const holds = credentials.some(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > nowMs);
    if (!holds) return failed('source', `${sourceId} has no secret that has not expired: nothing could be verified.`);
  }
  return succeeded('source', `${sourceIds.join(', ')} ${sourceIds.length === 1 ? 'is' : 'are'} active and can verify.`);
}

/** Fetching something would need a document of production: only that the way there is open is looked at. */
function tryArchive(services: PromotionServices, { connectionId }: Promotion): Promise<Tried> {
  const connection = services.connections.find(connectionId);
  if (connection?.archive !== true) return Promise.resolve(skipped('archive', 'The connection archives nothing.'));
  const tried =
    connection.sourceIds.length === 0
      ? failed('archive', 'It archives what sources tell of, and names none.')
      : succeeded('archive', 'Completions that its sources tell of are archived through it.');
  return Promise.resolve(tried);
}

async function within(
  { timers, clock }: PromotionServices,
  longestMs: number,
  holds: () => Promise<boolean>,
): Promise<boolean> {
  const untilMs = clock.now() + longestMs;
  while (!(await holds())) {
    if (clock.now() >= untilMs) return false;
    await pause(timers, lookEveryMs);
  }
  return true;
}

async function drain(body: Readable): Promise<void> {
  for await (const _ of body) {
    // What it says is nobody's business here.
  }
}

const succeeded = (name: PromotionStep['name'], seen: string): Tried => ({ name, outcome: 'succeeded', seen });
const failed = (name: PromotionStep['name'], seen: string): Tried => ({ name, outcome: 'failed', seen });
const skipped = (name: PromotionStep['name'], seen: string): Tried => ({ name, outcome: 'skipped', seen });
