import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ConnectionConfig } from '../../src/connections/connection-config.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { findApiProfile } from '../../src/providers/api-registry.ts';
import { signedDocumentsComplete } from '../../src/readiness/collectors/compliance/compliance.archive.signed-documents-complete.ts';
import { signingCertificateTrusted } from '../../src/readiness/collectors/security/self-hosted.signing-certificate-trusted.ts';
import { readOnlyQuery } from '../../src/readiness/evaluate-check.ts';
import { createDocumentExaminer } from '../../src/readiness/examine-archived.ts';
import type { Finding } from '../../src/readiness/finding.ts';
import type { GatheringContext } from '../../src/readiness/instruments.ts';
import { addSignature, createSigningAuthority, makePlainPdf, type SigningAuthority } from '../support/signed-pdf.ts';
import { sha256Of } from './archive-parts.ts';
import { type ArchiveStand, openArchiveStand } from './archive-stand.ts';
import { answerPdf, completeEnvelope, paths } from './fake-provider.ts';

const hourMs = 3_600_000;
let stand: ArchiveStand;
let authority: SigningAuthority;
let contracts: Record<'unsigned' | 'sealed' | 'ownSeal' | 'soonOver', Buffer>;

beforeAll(async () => {
  stand = await openArchiveStand();
  authority = createSigningAuthority();
  const unsigned = await makePlainPdf();
  const sealedBy = (by: ReturnType<typeof authority.make>): Buffer =>
    addSignature(unsigned, (content) => authority.sign(content, by));
  contracts = {
    unsigned,
    sealed: sealedBy(authority.make({ by: authority.between })),
    ownSeal: sealedBy(authority.make()),
    soonOver: sealedBy(authority.make({ by: authority.root, days: 29 })),
  };
});
beforeEach(() => stand.newTeam());
afterAll(async () => {
  authority.remove();
  await stand.close();
});

/** A Documenso of the team's own, of which something was completed. */
const connect = (): ConnectionConfig => {
  const connection = { ...stand.connect(), profile: findApiProfile('documenso') as ConnectionConfig['profile'] };
  stand.replace(connection);
  return connection;
};
const complete = async (connection: ConnectionConfig, pdf: Buffer): Promise<string> => {
  const envelope = stand.newEnvelope();
  completeEnvelope(stand.provider, envelope);
  stand.provider.on(paths.item(envelope), answerPdf(pdf));
  await stand.event(connection, envelope);
  await stand.work('it to be archived', async () => {
    const job = (await stand.jobs()).find(({ subject }) => subject === envelope);
    return job?.state === 'stored' ? job : null;
  });
  return envelope;
};

/** As it is found two hours from now. */
async function judge(
  check: typeof signedDocumentsComplete | typeof signingCertificateTrusted,
  connection: ConnectionConfig,
  inMs = 2 * hourMs,
): Promise<Finding> {
  const nowMs = Date.now() + inMs;
  const context = {
    query: readOnlyQuery(stand.database.pool),
    connections: { find: () => connection },
    examineDocument: createDocumentExaminer({ blobs: stand.blobs, trustPem: authority.root.certPem }),
    nowMs,
  } as unknown as GatheringContext;
  const subject = { kind: 'connection', id: connection.id, teamId: connection.teamId } as const;
  return check === signedDocumentsComplete
    ? signedDocumentsComplete.judge(await signedDocumentsComplete.gather(context, subject), nowMs)
    : signingCertificateTrusted.judge(await signingCertificateTrusted.gather(context, subject), nowMs);
}
const archive = (connection: ConnectionConfig, inMs?: number) => judge(signedDocumentsComplete, connection, inMs);
const seal = (connection: ConnectionConfig) => judge(signingCertificateTrusted, connection);

describe('an archive of signed documents', () => {
  test('is complete when everything that was completed an hour ago is there, signed and whole', async () => {
    const connection = connect();
    await complete(connection, contracts.sealed);
    await complete(connection, contracts.ownSeal);
    const found = await archive(connection);
    expect(found, found.seen).toMatchObject({ state: 'passed' });
    const values = Object.fromEntries(found.values.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({ completed30Days: 2, withoutDocuments: 0, documentsHashed: 6, signaturesRead: 2 });
    expect((await archive(connection, 0)).state).toBe('unknown');
    expect((await archive(connection, 31 * 24 * hourMs)).state).toBe('unknown');
  });

  test('lacks what was never fetched, what waits, and what names no subject', async () => {
    const connection = connect();
    await complete(connection, contracts.sealed);
    const missed = stand.newEnvelope();
    await stand.event(connection, missed);
    await stand.event(connection, null);
    expect(await archive(connection)).toMatchObject({
      state: 'failed',
      seen: expect.stringMatching(
        new RegExp(`of ${missed} and one that names none|of one that names none and ${missed}`),
      ),
    });
  });

  test('is not whole when a document that was stored is changed or gone', async () => {
    const connection = connect();
    await complete(connection, contracts.sealed);
    const sha256 = sha256Of(contracts.sealed);
    const changed = Buffer.from(contracts.sealed).fill('x', 100, 101);
    for (const [bytes, word] of [
      [changed, 'damaged'],
      [null, 'missing'],
    ] as const) {
      await stand.tamper(sha256, bytes);
      expect(await archive(connection)).toMatchObject({ state: 'failed', seen: expect.stringContaining(`(${word})`) });
    }
    await stand.database.pool.query(`UPDATE archived_document SET state = 'missing' WHERE sha256 = $1`, [
      Buffer.from(sha256, 'hex'),
    ]);
    expect((await archive(connection)).seen).toContain('Nothing whole is archived of');
  });

  test('is not signed when it was fetched before completion, until it is fetched again', async () => {
    const connection = connect();
    const envelope = await complete(connection, contracts.unsigned);
    expect(await archive(connection)).toMatchObject({
      state: 'failed',
      seen: expect.stringContaining('is not signed'),
    });
    expect((await seal(connection)).state).toBe('failed');
    stand.provider.on(paths.item(envelope), answerPdf(contracts.sealed));
    await stand.database.pool.query(
      `UPDATE archive_job SET state = 'waiting', since = now(), due_at = now() WHERE connection_id = $1`,
      [uuidFromId(connection.id)],
    );
    await stand.stored();
    expect((await archive(connection)).state).toBe('passed');
    expect((await seal(connection)).state).toBe('passed');
  });

  test('does not concern a connection that archives nothing', async () => {
    expect((await archive(stand.connect({ archive: false }))).state).toBe('not-applicable');
  });
});

describe('a service that seals by itself', () => {
  test('is judged by the document that was archived last', async () => {
    const connection = connect();
    expect((await seal(connection)).state).toBe('unknown');
    await complete(connection, contracts.ownSeal);
    expect(await seal(connection)).toMatchObject({ state: 'failed', seen: expect.stringContaining('its own issuer') });
    await complete(connection, contracts.soonOver);
    expect(await seal(connection)).toMatchObject({ state: 'failed', seen: expect.stringContaining('ends in 28 days') });
    await complete(connection, contracts.sealed);
    expect(await seal(connection)).toMatchObject({ state: 'passed' });
  });

  test('is not the one that its provider hosts', async () => {
    const hosted = { ...connect(), baseUrl: 'https://app.documenso.com', environment: 'production' } as const;
    expect((await seal(hosted)).state).toBe('not-applicable');
    const other = { ...hosted, profile: findApiProfile('docusign') as ConnectionConfig['profile'] };
    expect((await seal(other)).state).toBe('not-applicable');
  });
});
