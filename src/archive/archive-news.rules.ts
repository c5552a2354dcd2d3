import type { ArchivedDocument } from './archived-document.ts';
import type { ArchiveError } from './archive-errors.rules.ts';
import type { ArchiveJob } from './archive-job.ts';
import type { ArchiveNews } from './archive-outbox.store.ts';

type ToldJob = Pick<ArchiveJob, 'id' | 'connectionId' | 'provider' | 'subject' | 'eventId' | 'attempts'>;

/** A job is not done after an hour. */
export function lateNews(teamId: string, job: ToldJob, lastError: ArchiveError | null): ArchiveNews {
  return { teamId, type: 'posthorn.archive.late', data: dataOf(job, lastError) };
}

/** A job was given up. */
export function missingNews(
  teamId: string,
  job: ToldJob,
  end: { state: 'missing' | 'failed'; lastError: ArchiveError },
): ArchiveNews {
  return { teamId, type: 'posthorn.archive.missing', data: { ...dataOf(job, end.lastError), state: end.state } };
}

/** A document does not have the bytes that were stored any more, or none. */
export function damagedNews(teamId: string, document: ArchivedDocument, state: 'damaged' | 'missing'): ArchiveNews {
  const { id, jobId, connectionId, provider, subject, kind, sha256 } = document;
  const data = { documentId: id, jobId, connectionId, provider, subject, kind, sha256, state };
  return { teamId, type: 'posthorn.archive.damaged', data };
}

function dataOf({ id, connectionId, provider, subject, eventId, attempts }: ToldJob, lastError: ArchiveError | null) {
  return { jobId: id, connectionId, provider, subject, eventId, attempts, lastError };
}
