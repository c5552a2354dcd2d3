import { inspect } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import type { Authorization, Authorizer } from '../../src/authorization/authorizer.ts';
import { CredentialError } from '../../src/authorization/authorizer.ts';
import { createAuthorizer } from '../../src/authorization/create-authorizer.ts';
import { createCommandRunner } from '../../src/authorization/run-command.ts';
import { createTokenRequester } from '../../src/authorization/token-requester.ts';
import type {
  ConnectionConfig,
  ConnectionCredential,
  CredentialField,
} from '../../src/connections/connection-config.ts';
import { policyDefaults } from '../../src/connections/policy.ts';
import type { CredentialKind } from '../../src/providers/api-profile.ts';
import { createTestEgress } from '../support/egress.ts';

/** An authorizer with everything real but the clock and the names, which all lead to this machine. */
export function openAuthorizer(options: { caPem?: string; env?: Record<string, string> } = {}) {
  const clock = { at: Date.now(), now: () => clock.at };
  const egress = createTestEgress(options.caPem === undefined ? {} : { caPem: options.caPem });
  onTestFinished(() => egress.close());
  const told: { error: Error; connection: { teamId: string; connectionId: string } | null }[] = [];
  const environment = { ...process.env, ...options.env };
  const authorizer: Authorizer = createAuthorizer({
    request: createTokenRequester(egress),
    clock,
    readEnv: (name) => environment[name],
    run: createCommandRunner(environment),
    onError: (error, connection) => told.push({ error, connection }),
  });
  return { authorizer, clock, told };
}

/** Many calls at the same time. */
export function authorizeMany(
  authorizer: Authorizer,
  connection: ConnectionConfig,
  count: number,
): Promise<Authorization[]> {
  return Promise.all(Array.from({ length: count }, async () => authorizer.authorize(connection)));
}

/** Fields in short: a string is a value. */
export function credentialOf(
  kind: CredentialKind,
  fields: Record<string, string | CredentialField>,
  more: Partial<ConnectionCredential> = {},
): ConnectionCredential {
  const read: Record<string, CredentialField> = {};
  for (const [name, field] of Object.entries(fields)) read[name] = typeof field === 'string' ? { value: field } : field;
  return { id: 'ccr_1', name: 'main', kind, fields: read, expiresAtMs: null, ...more };
}

export function connectionOf(
  credentials: readonly ConnectionCredential[],
  more: Partial<ConnectionConfig> = {},
): ConnectionConfig {
  return {
    teamId: 'team_1',
    id: 'con_1',
    name: 'Contracts',
    // Nothing here looks at it.
    profile: {} as ConnectionConfig['profile'],
    environment: 'sandbox',
    baseUrl: null,
    options: {},
    status: 'active',
    credentials,
    policy: policyDefaults,
    sourceIds: [],
    archive: false,
    ...more,
  };
}

/** The error that it ends with, once it is known to tell nothing of what was planted. */
export async function credentialErrorOf(work: () => unknown): Promise<CredentialError> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    expectNothingPlanted(error);
    return error;
  }
  throw new Error('nothing was refused');
}

export const planted = 'PLANTED';

/** Looks everywhere that a log or an answer might. */
export function expectNothingPlanted(thing: unknown): void {
  const seen = [
    inspect(thing, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(thing) ?? '',
    String(thing),
  ];
  for (let error = thing; error instanceof Error; error = error.cause) {
    seen.push(error.message, error.stack ?? '', JSON.stringify(Object.getOwnPropertyDescriptors(error)));
  }
  for (const text of seen) expect(text).not.toContain(planted);
}
