import type { ClosingProbe, ProbingServices } from './closing-probe.ts';
import { decideProbe, type ProbeAnswer } from './closing-probe.rules.ts';
import {
  claimProbe,
  type ClaimedProbe,
  closeProbe,
  leaveProbe,
  readServing,
  settleProbe,
} from './closing-probe.store.ts';
import type { ConnectionConfig } from './connection-config.ts';
import { readConnectionConfig } from './read-connection-config.ts';
import { isReference, isSameSecret } from './same-secret.rules.ts';
import { openFields } from './sealed-credential.ts';

/** Longer than a read takes: what a killed node left is taken over after it. */
const leaseMs = 60_000;

/**
 * Takes a probe that is due, or the one that is named, and makes its read. Of all nodes one does; what it learns after it was
 * taken for dead counts no more. False: there is none, or somebody works on it.
 * @param options.signal the read is given up when it aborts: the next node takes it at once
 */
export async function workClosingProbe(
  services: ProbingServices,
  options: { named: (Pick<ClosingProbe, 'id'> & { teamId: string; connectionId: string }) | null; signal: AbortSignal },
): Promise<boolean> {
  const { database, clock } = services;
  const probe = await claimProbe(database, options.named, { nowMs: clock.now(), leaseMs });
  if (probe === null) return false;
  const connection = open(services, probe);
  const [credential] = connection?.credentials ?? [];
  if (connection === null || credential === undefined) {
    const answer = { kind: 'unclear', status: null } as const;
    await settleProbe(database, probe, { answer, ...decided(probe, answer, clock.now()) });
  } else if (isReference(credential)) {
    await closeProbe(database, probe, { state: 'not-probed', because: 'reference', nowMs: clock.now() });
  } else if (await isServing(services, probe, connection)) {
    await closeProbe(database, probe, { state: 'in-use', because: null, nowMs: clock.now() });
  } else {
    const read = services.probe(connection, credential).catch((error: unknown): ProbeAnswer => {
      services.onError(error);
      return { kind: 'unclear', status: null };
    });
    const answer = await unlessAborted(read, options.signal);
    const nowMs = clock.now();
    if (answer === null) await leaveProbe(database, probe);
    else if (answer === 'no-read') {
      await closeProbe(database, probe, { state: 'not-probed', because: 'no-read', nowMs });
    } else await settleProbe(database, probe, { answer, ...decided(probe, answer, nowMs) });
  }
  return true;
}

function decided(probe: ClaimedProbe, answer: ProbeAnswer, nowMs: number) {
  return { decision: decideProbe(probe, answer, nowMs), nowMs };
}

/** The connection as it was, with this credential alone. Null: it cannot be read, which is told. */
function open({ sealer, onError }: ProbingServices, probe: ClaimedProbe): ConnectionConfig | null {
  const { teamId, connectionId, provider, environment, baseUrl, options, id, name, kind, sealed } = probe;
  try {
    return readConnectionConfig(sealer, {
      teamId,
      id: connectionId,
      provider,
      name,
      environment,
      baseUrl,
      options,
      policy: {},
      status: 'active',
      sourceIds: [],
      archive: false,
      credentials: [{ id, name, kind, sealed: sealed.toString('base64'), expiresAtMs: null }],
    });
  } catch (error) {
    onError(error);
    return null;
  }
}

/** Whether the same secret serves a connection of the team: then the provider is right to take it. */
async function isServing(
  { database, sealer, clock, onError }: ProbingServices,
  { teamId, provider }: ClaimedProbe,
  { credentials: [credential] }: ConnectionConfig,
): Promise<boolean> {
  if (credential === undefined) return false;
  const serving = await readServing(database, { teamId, provider, nowMs: clock.now() });
  return serving.some(({ id, kind, sealed }) => {
    try {
      return isSameSecret(credential, { kind, fields: openFields(sealer, teamId, id, sealed) });
    } catch (error) {
      onError(error);
      return false;
    }
  });
}

/** Null as soon as it is aborted. */
async function unlessAborted<Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer | null> {
  if (signal.aborted) return null;
  const { promise, resolve } = Promise.withResolvers<null>();
  const leave = (): void => resolve(null);
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([answer, promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
