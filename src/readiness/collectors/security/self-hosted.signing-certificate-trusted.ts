import { isProvidersHost } from '../../../connections/connection-url.rules.ts';
import { findArchivePlan } from '../../../providers/archive-plans.ts';
import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { listNewestDocuments } from '../archived-documents.ts';
import { judgeSeal, type SealFacts } from './self-hosted.signing-certificate-trusted.rules.ts';

export const signingCertificateTrusted: Collector<SealFacts> = {
  checkId: 'self-hosted.signing-certificate-trusted',
  version: 1,
  async gather(context: GatheringContext, subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    const { baseUrl, environment, profile, teamId } = connection;
    const isSelfHosted = profile.selfHosted && baseUrl !== null && !isProvidersHost(baseUrl, profile, environment);
    if (!isSelfHosted) return { concerned: false, why: 'The provider hosts the service.' };
    if (findArchivePlan(profile.name) === null) return { concerned: false, why: 'It has no documents to be sealed.' };
    const [newest] = await listNewestDocuments(context, subject, { kinds: ['signed'], limit: 1 });
    if (newest === undefined) return { concerned: true, document: null };
    const examined = await context.examineDocument({ teamId, document: newest, nowMs: context.nowMs });
    return { concerned: true, document: { ...examined, id: newest.id } };
  },
  judge: judgeSeal,
};
