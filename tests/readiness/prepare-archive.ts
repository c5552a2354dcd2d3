import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { openBlobStore } from '../../src/blobs/open-blob-store.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import { type IdPrefix, idPrefixes, uuidFromId } from '../../src/ids/id.rules.ts';
import { addSignature, createSigningAuthority, makePlainPdf } from '../support/signed-pdf.ts';
import { makeDay } from './make-day.ts';
import type { ReadyGateway } from './ready-gateway.ts';

/** A contract as it was before it was signed, sealed under the trust list, and sealed by somebody who is his own issuer. */
export type Contracts = { trustFile: string; unsigned: Buffer; sealed: Buffer; selfSealed: Buffer };

export async function makeContracts(folder: string): Promise<Contracts> {
  const authority = createSigningAuthority();
  const unsigned = await makePlainPdf();
  const sealedBy = (by: ReturnType<typeof authority.make>): Buffer =>
    addSignature(unsigned, (content) => authority.sign(content, by));
  const trustFile = join(folder, 'signing-trust.pem');
  writeFileSync(trustFile, authority.root.certPem);
  const sealed = sealedBy(authority.make({ by: authority.between }));
  const selfSealed = sealedBy(authority.make());
  authority.remove();
  return { trustFile, unsigned, sealed, selfSealed };
}

/** The connections whose archives are judged: one to DocuSign, and one to a Documenso that the team hosts itself. */
export const archived = { docusign: '', selfHosted: '' };

const minuteMs = 60_000;
const idOf = (prefix: IdPrefix, agoMs: number): string =>
  createIdSource({ now: () => Date.now() - agoMs }).next(prefix);

/** Documents of something that was completed an hour and a half ago, through connections of two hours ago. */
export async function prepareArchive(gateway: ReadyGateway): Promise<void> {
  const { api, ids, pool, team } = gateway;
  const connections = `/v1/teams/${team}/connections`;
  const { data } = await api.call<{ data: { id: string; selfHosted: boolean }[] }>('GET', `${connections}?limit=100`);
  archived.selfHosted = data.find(({ selfHosted }) => selfHosted)?.id ?? '';
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const fields = { integrationKey: randomUUID(), userId: randomUUID(), privateKey };
  const made = await api.call<{ id: string }>('POST', connections, {
    provider: 'docusign',
    environment: 'sandbox',
    name: 'archived',
    sources: [ids.docusignSource],
    archive: true,
    credentials: [{ kind: 'docusign-jwt', fields }],
  });
  archived.docusign = made.id;
  await pool.query(`UPDATE connection SET created_at = now() - interval '2 hours' WHERE id = $1`, [
    uuidFromId(made.id),
  ]);
  await makeDay(pool, Date.now() - 90 * minuteMs);
  const { rows } = await pool.query<{ subject: string }>(
    `INSERT INTO event (team_id, id, type, content_type, body, ordering_key, source_id, external_id, coverage, credential, body_bytes)
      SELECT team_id, $2, type, content_type, body, ordering_key, source_id, $3, coverage, credential, body_bytes FROM event
        WHERE source_id = $1 AND type = 'envelope-completed' ORDER BY id LIMIT 1 RETURNING ordering_key AS subject`,
    [uuidFromId(ids.docusignSource), uuidFromId(idOf(idPrefixes.event, 90 * minuteMs)), randomUUID()],
  );
  const subject = rows[0]?.subject ?? '';
  const { sealed, unsigned } = gateway.contracts;
  for (const [connection, completion] of [
    [archived.docusign, 'envelope-completed'],
    [archived.selfHosted, 'DOCUMENT_COMPLETED'],
  ] as const) {
    await pool.query(
      `INSERT INTO archive_job (team_id, id, connection_id, provider, subject, completion, state, settled_at)
        SELECT team_id, $2, id, provider, $3, $4, 'stored', now() FROM connection WHERE id = $1`,
      [uuidFromId(connection), uuidFromId(idOf(idPrefixes.archiveJob, 89 * minuteMs)), subject, completion],
    );
    await archive(gateway, { connection, kind: 'signed', pdf: sealed, agoMs: 60 * minuteMs });
    await archive(gateway, { connection, kind: 'certificate', pdf: unsigned, agoMs: 59 * minuteMs });
  }
}

/** One more document of the only job of a connection, as if its provider had given it. @returns its id */
export async function archive(
  { environment, pool, team }: ReadyGateway,
  document: { connection: string; kind: 'signed' | 'certificate'; pdf: Buffer; agoMs: number },
): Promise<string> {
  const { connection, kind, pdf, agoMs } = document;
  const blobs = openBlobStore({ kind: 'folder' }, environment['POSTHORN_DATA'] ?? '');
  const { sha256, sizeBytes } = await blobs.kept.keep(team, Readable.from([pdf]));
  await blobs.close();
  const id = idOf(idPrefixes.archivedDocument, agoMs);
  const { rowCount } = await pool.query(
    `INSERT INTO archived_document (team_id, id, job_id, connection_id, provider, subject, kind, name, path, content_type, sha256,
        size_bytes, verify_due_at)
      SELECT team_id, $2, id, connection_id, provider, subject, $3, 'contract.pdf', $4, 'application/pdf', $5, $6,
        now() + interval '30 days' FROM archive_job WHERE connection_id = $1`,
    [uuidFromId(connection), uuidFromId(id), kind, `/${randomUUID()}`, Buffer.from(sha256, 'hex'), sizeBytes],
  );
  if (rowCount !== 1) throw new Error('there is no job of the archive to add a document to');
  return id;
}
