import { describe, expect, test } from 'vitest';
import { judgeApiKeys } from '../../src/readiness/collectors/security/api-key.scoped-and-expiring.rules.ts';
import { judgeRecordedCalls } from '../../src/readiness/collectors/security/audit.calls-all-recorded.rules.ts';
import {
  judgeProductionCredential,
  type ProductionCredential,
} from '../../src/readiness/collectors/security/connection.credential.is-production.rules.ts';
import { isTunnel, judgeTunnels } from '../../src/readiness/collectors/security/network.no-tunnel-addresses.rules.ts';
import { judgeOrigins } from '../../src/readiness/collectors/security/secret.comes-from-manager.rules.ts';
import { judgeSecrets } from '../../src/readiness/collectors/security/secret.strong-and-unique.rules.ts';
import { judgeTransport } from '../../src/readiness/collectors/security/transport.endpoints-https-only.rules.ts';
import { judgeVerification } from '../../src/readiness/collectors/security/webhook.secret.configured-and-verifying.rules.ts';
import { describeSecret } from '../../src/readiness/describe-secret.rules.ts';

const nowMs = Date.UTC(2026, 10, 21);
const day = 86_400_000;

describe('api keys', () => {
  const key = { name: 'app', permissions: ['events:write'], createdAtMs: nowMs - day, expiresAtMs: nowMs + 90 * day };
  test.each([
    ['no key at all', [], 'not-applicable'],
    ['a narrow one with an end', [key], 'passed'],
    ['one with every permission', [key, { ...key, permissions: ['*'] }], 'failed'],
    ['one without permissions', [{ ...key, permissions: [] }], 'failed'],
    ['one without an end', [{ ...key, expiresAtMs: null }], 'failed'],
    ['365 days', [{ ...key, createdAtMs: nowMs - 100 * day, expiresAtMs: nowMs + 265 * day }], 'passed'],
    ['366 days', [{ ...key, createdAtMs: nowMs - 100 * day, expiresAtMs: nowMs + 266 * day }], 'failed'],
    ['14 days left', [{ ...key, expiresAtMs: nowMs + 14 * day }], 'passed'],
    ['less than 14 days left', [{ ...key, expiresAtMs: nowMs + 14 * day - 1 }], 'failed'],
  ])('%s', (_what, keys, state) => {
    expect(judgeApiKeys(keys, nowMs).state).toBe(state);
  });
});

describe('signing secrets', () => {
  const good = { sizeBytes: 32, distinctBytes: 29, isSample: false };
  test.each([
    ['a long one of its own', { secrets: [good], sharedWith: [] }, 'passed'],
    ['none that can be read', { secrets: [], sharedWith: [] }, 'unknown'],
    ['a short one', { secrets: [{ ...good, sizeBytes: 23 }], sharedWith: [] }, 'failed'],
    ['24 bytes', { secrets: [{ ...good, sizeBytes: 24 }], sharedWith: [] }, 'passed'],
    ['a published one', { secrets: [{ ...good, isSample: true }], sharedWith: [] }, 'failed'],
    ['one that is not random', { secrets: [{ ...good, distinctBytes: 3 }], sharedWith: [] }, 'failed'],
    ['one that another has too', { secrets: [good], sharedWith: ['source src_1'] }, 'failed'],
    ['an old weak one beside it', { secrets: [good, { ...good, sizeBytes: 8 }], sharedWith: [] }, 'failed'],
  ])('%s', (_what, facts, state) => {
    expect(judgeSecrets(facts).state).toBe(state);
  });

  test('are described without what they are', () => {
    const key = Buffer.alloc(32, 1);
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const shape = describeSecret(secret, key);
    expect(shape).toMatchObject({ sizeBytes: 24, isSample: true });
    expect(JSON.stringify(shape)).not.toContain('MfKQ9r8GKY');
    expect(describeSecret(secret, key).fingerprint).toBe(shape.fingerprint);
    expect(describeSecret(secret, Buffer.alloc(32, 2)).fingerprint).not.toBe(shape.fingerprint);
    expect(describeSecret('aa'.repeat(24), key)).toMatchObject({ sizeBytes: 24, distinctBytes: 1, isSample: false });
  });
});

describe('verification of a source', () => {
  const live = { name: '1', kind: 'hmac', isExpired: false };
  const expired = { ...live, name: '2', isExpired: true };
  test.each([
    ['what came verified', [live], [{ credential: '1', events: 3 }], 'passed'],
    ['nothing came', [live], [], 'unknown'],
    ['only what a former credential verified came', [live], [{ credential: 'old', events: 3 }], 'unknown'],
    [
      'one came unverified',
      [live],
      [
        { credential: '1', events: 3 },
        { credential: null, events: 1 },
      ],
      'failed',
    ],
    ['no credential is left', [expired], [{ credential: '2', events: 3 }], 'failed'],
    ['a kind of two has expired', [live, { ...expired, kind: 'basic' }], [{ credential: '1', events: 3 }], 'failed'],
  ])('%s', (_what, credentials, verifiedBy, state) => {
    expect(judgeVerification({ credentials, verifiedBy, refused: 0 }).state).toBe(state);
  });

  test('fails where the two sides have different secrets, and not for what strangers try', () => {
    const facts = { credentials: [live], refused: 2 };
    expect(judgeVerification({ ...facts, verifiedBy: [] })).toMatchObject({
      state: 'failed',
      seen: '2 requests came with a signature that no credential makes, and none verified.',
    });
    expect(judgeVerification({ ...facts, verifiedBy: [{ credential: 'old', events: 3 }] }).state).toBe('failed');
    expect(judgeVerification({ ...facts, verifiedBy: [{ credential: '1', events: 1 }] }).state).toBe('passed');
  });
});

describe('the transport of an endpoint', () => {
  const trusted = { trusted: true, protocol: 'TLSv1.3', validToMs: nowMs + 60 * day } as const;
  const good = { isActive: true, isHttps: true, handshake: trusted, refusesHttp: true };
  const broken = (kind: string) => ({ trusted: false, reason: 'it failed', kind }) as const;
  test.each([
    ['https and a good certificate', good, 'passed'],
    ['not active', { ...good, isActive: false }, 'not-applicable'],
    ['http', { ...good, isHttps: false, handshake: null }, 'failed'],
    ['a rule that takes http', { ...good, refusesHttp: false }, 'failed'],
    ['a certificate nobody trusts', { ...good, handshake: broken('tls') }, 'failed'],
    ['an address that is refused', { ...good, handshake: broken('blocked') }, 'failed'],
    ['nobody there', { ...good, handshake: broken('connect') }, 'unknown'],
    ['a name without an address', { ...good, handshake: broken('dns') }, 'unknown'],
    ['no handshake', { ...good, handshake: null }, 'unknown'],
    ['14 days left', { ...good, handshake: { ...trusted, validToMs: nowMs + 14 * day } }, 'passed'],
    ['13 days left', { ...good, handshake: { ...trusted, validToMs: nowMs + 14 * day - 1 } }, 'failed'],
  ])('%s', (_what, facts, state) => {
    expect(judgeTransport(facts, nowMs).state).toBe(state);
  });
});

describe('tunnels', () => {
  test.each([
    ['abc.ngrok.io', true],
    ['ngrok.io.', true],
    ['ABC.TryCloudflare.com', true],
    ['notngrok.io', false],
    ['ngrok.io.example.com', false],
    ['example.com', false],
  ])('%s', (host, is) => {
    expect(isTunnel(host)).toBe(is);
  });

  test('of the gateway itself count as those of endpoints do', () => {
    expect(judgeTunnels({ publicHost: 'a.example', endpointHosts: ['b.example'] }).state).toBe('passed');
    expect(judgeTunnels({ publicHost: 'a.loca.lt', endpointHosts: ['b.example'] }).state).toBe('failed');
    expect(judgeTunnels({ publicHost: 'a.example', endpointHosts: ['x.ngrok.app'] }).state).toBe('failed');
    expect(judgeTunnels({ publicHost: '', endpointHosts: [] }).state).toBe('not-applicable');
  });
});

describe('the credential of a production connection', () => {
  const good: ProductionCredential = {
    environment: 'production',
    problems: [],
    references: 0,
    credentials: 1,
    host: 'app.goroute.ai',
    isProductionHost: true,
    sharedWithSandbox: [],
    reads24Hours: 1,
  };
  const cases: [string, Partial<ProductionCredential>, string][] = [
    ['fits', {}, 'passed'],
    ['is of the sandbox', { environment: 'sandbox' }, 'not-applicable'],
    ['is missing', { credentials: 0 }, 'failed'],
    ['has a sandbox key', { problems: ['This is a key of the sandbox.'] }, 'failed'],
    ['goes to another host', { isProductionHost: false }, 'failed'],
    ['is shared with a sandbox', { sharedWithSandbox: ['connection con_1'] }, 'failed'],
    ['was not read with', { reads24Hours: 0 }, 'unknown'],
    ['lies elsewhere', { references: 1 }, 'unknown'],
    ['lies elsewhere and goes to another host', { references: 1, isProductionHost: false }, 'failed'],
  ];
  test.each(cases)('%s', (_what, change, state) => {
    expect(judgeProductionCredential({ ...good, ...change }).state).toBe(state);
  });
});

describe('the origins of the gateway’s own secrets', () => {
  const origins = (
    from: 'private-file' | 'file' | 'environment' | 'dotenv' | 'arguments' | 'generated' | 'unused',
  ) => ({
    environment: 'production' as const,
    origins: [{ variable: 'POSTHORN_MASTER_KEY', from }],
  });
  test.each([
    ['private-file', 'passed'],
    ['environment', 'passed'],
    ['unused', 'passed'],
    ['file', 'failed'],
    ['dotenv', 'failed'],
    ['arguments', 'failed'],
    ['generated', 'failed'],
  ] as const)('%s', (from, state) => {
    expect(judgeOrigins(origins(from)).state).toBe(state);
    expect(judgeOrigins({ ...origins(from), environment: 'development' }).state).toBe('not-applicable');
  });
});

describe('the ledger against the count of uses', () => {
  const good = { hours: [{ hour: '2026-11-21T10:00Z', counted: 5, recorded: 5 }], calls: 6, incomplete: 0, endless: 0 };
  test.each([
    ['agree', good, 'passed'],
    ['the ledger has more', { ...good, hours: [{ hour: 'h', counted: 5, recorded: 9 }] }, 'passed'],
    ['the ledger has fewer', { ...good, hours: [{ hour: 'h', counted: 5, recorded: 4 }] }, 'failed'],
    ['a row is not complete', { ...good, incomplete: 1 }, 'failed'],
    ['a call never ended', { ...good, endless: 1 }, 'failed'],
    ['nothing was called', { hours: [], calls: 0, incomplete: 0, endless: 0 }, 'unknown'],
  ])('%s', (_what, facts, state) => {
    expect(judgeRecordedCalls(facts).state).toBe(state);
  });
});
