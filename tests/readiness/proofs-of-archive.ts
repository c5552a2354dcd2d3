import { uuidFromId } from '../../src/ids/id.rules.ts';
import { archive, archived } from './prepare-archive.ts';
import type { Proof } from './proof.ts';
import type { ReadyGateway } from './ready-gateway.ts';

/** A document that is archived, and gone again. */
const document = (of: (gateway: ReadyGateway) => Parameters<typeof archive>[1]) => {
  let planted = '';
  return {
    plant: async (gateway: ReadyGateway) => {
      planted = await archive(gateway, of(gateway));
    },
    mend: ({ pool }: ReadyGateway) => pool.query('DELETE FROM archived_document WHERE id = $1', [uuidFromId(planted)]),
  };
};

export const proofsOfArchive: readonly Proof[] = [
  {
    check: 'compliance.archive.signed-documents-complete',
    subject: () => archived.docusign,
    ...document(({ contracts }) => ({
      connection: archived.docusign,
      kind: 'signed',
      pdf: contracts.unsigned,
      agoMs: 0,
    })),
  },
  {
    check: 'self-hosted.signing-certificate-trusted',
    subject: () => archived.selfHosted,
    ...document(({ contracts }) => ({
      connection: archived.selfHosted,
      kind: 'signed',
      pdf: contracts.selfSealed,
      agoMs: 0,
    })),
  },
];
