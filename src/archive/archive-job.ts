import type { ArchiveError } from './archive-errors.rules.ts';

export const jobStates = ['waiting', 'stored', 'missing', 'failed'] as const;
export type JobState = (typeof jobStates)[number];

/** What is to be fetched for one completed subject. */
export type ArchiveJob = {
  id: string;
  connectionId: string;
  provider: string;
  /** The event that told of the completion; null when somebody asked. */
  eventId: string | null;
  subject: string;
  /** The type of that event. */
  completion: string;
  state: JobState;
  attempts: number;
  lastError: ArchiveError | null;
  /** Null unless it waits. */
  dueAt: string | null;
  /** When its team was told that it takes long. */
  lateAt: string | null;
  settledAt: string | null;
  createdAt: string;
};

/** A job as a worker has it. `claim` fences others. */
export type ClaimedJob = Pick<
  ArchiveJob,
  'id' | 'connectionId' | 'provider' | 'eventId' | 'subject' | 'completion' | 'attempts'
> & { teamId: string; claim: number; elapsedMs: number };
