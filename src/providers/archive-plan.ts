import type { Options } from './provider-profile.ts';

/** What an archived document is: the signed document itself, what proves its signing, or another document. */
export const documentKinds = ['signed', 'certificate', 'audit-log', 'document'] as const;
export type DocumentKind = (typeof documentKinds)[number];

/** What tells that something is completed. `body` is parsed JSON; undefined when somebody asked, and no event did. */
export type CompletionEvent = { type: string; subject: string; body: unknown };

/** One document to fetch. */
export type PlannedDocument = {
  kind: DocumentKind;
  /** A file name. */
  name: string;
  /** Below the connection's base URL; begins with a slash. */
  path: string;
  accept: string;
  /** What its bytes must look like. HTML is never taken, whatever the format. */
  format: 'pdf' | 'json' | 'any';
  /** Versions and plans of the provider do without some: when it answers 404 for long enough, there is none. */
  optional: boolean;
};

/** How the documents of a provider are fetched once it says that they are completed. Pure; never throws. */
export type ArchivePlan = {
  provider: string;
  /** Types of its events. */
  completionEvents: readonly string[];
  /** Where the status is asked for, before anything else; null when there is nothing to ask. */
  statusOf: (event: CompletionEvent, options: Options) => { path: string } | null;
  /** Whether that answer, parsed JSON, says completed: documents fetched before may change. */
  isCompleted: (status: unknown) => boolean;
  /** `status` is undefined where there was none. Empty: what the event and the answer hold does not lead to any. */
  documentsOf: (event: CompletionEvent, status: unknown, options: Options) => PlannedDocument[];
};
