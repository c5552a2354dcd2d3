import { type TSchema, Type } from 'typebox';
import { documentKinds } from '../providers/archive-plan.ts';
import { archiveErrorNames, archiveErrors } from './archive-errors.rules.ts';
import { documentStates } from './archived-document.ts';
import { jobStates } from './archive-job.ts';

const oneOf = <Value extends string>(values: readonly Value[], description?: string) =>
  Type.Unsafe<Value>({ type: 'string', enum: [...values], ...(description === undefined ? {} : { description }) });

const Time = (description?: string) =>
  Type.String({ format: 'date-time', ...(description === undefined ? {} : { description }) });
const Nullable = <Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) =>
  Type.Union([schema, Type.Null()], options);
// Without U+0000, which PostgreSQL cannot store.
const Subject = (options: { description?: string } = {}) =>
  Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000]*$', ...options });

export const ArchivedDocumentView = Type.Object({
  id: Type.String({ examples: ['doc_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  jobId: Type.String(),
  connectionId: Type.String(),
  provider: Type.String(),
  subject: Type.String({ description: 'The envelope, document or transaction, as the provider names it.' }),
  kind: oneOf(documentKinds),
  name: Type.String({ description: 'A file name.' }),
  contentType: Type.String(),
  sha256: Type.String({ description: 'Of its bytes, in lower case hex.' }),
  sizeBytes: Type.Integer(),
  callId: Nullable(Type.String(), { description: 'The call that fetched it.' }),
  state: oneOf(documentStates, '`damaged`: its bytes are not those that were stored; `missing`: there are none.'),
  storedAt: Time(),
  verifiedAt: Nullable(Time(), { description: 'When its bytes were last compared with their hash.' }),
});

export const ArchiveJobView = Type.Object({
  id: Type.String({ examples: ['ajb_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  connectionId: Type.String(),
  provider: Type.String(),
  eventId: Nullable(Type.String(), { description: 'The event that told of the completion; null when somebody asked.' }),
  subject: Type.String(),
  completion: Type.String({ description: 'The type of that event.' }),
  state: oneOf(
    jobStates,
    '`missing`: the provider says that it is gone, or three days have passed; `failed`: what is known leads to no document.',
  ),
  attempts: Type.Integer(),
  lastError: Nullable(
    oneOf(archiveErrorNames, archiveErrorNames.map((name) => `\`${name}\`: ${archiveErrors[name]}.`).join(' ')),
  ),
  dueAt: Nullable(Time(), { description: 'When it is worked on next; null unless it waits.' }),
  lateAt: Nullable(Time(), { description: 'When its team was told that it takes long.' }),
  settledAt: Nullable(Time()),
  createdAt: Time(),
});

export const VerificationView = Type.Object({
  state: oneOf(['running', 'finished'] as const),
  startedAt: Time(),
  finishedAt: Nullable(Time()),
  total: Type.Integer({ description: 'Documents to verify when it began.' }),
  checked: Type.Integer(),
  damaged: Type.Integer(),
  missing: Type.Integer(),
});

const connection = Type.String({ pattern: '^con_[0-7][0-9a-hjkmnp-tv-z]{25}$', description: 'Of this connection.' });

export const documentQuery = {
  connection: Type.Optional(connection),
  subject: Type.Optional(Subject()),
  kind: Type.Optional(oneOf(documentKinds)),
  state: Type.Optional(oneOf(documentStates)),
  since: Type.Optional(Time('Stored at or after.')),
  until: Type.Optional(Time('Stored before.')),
};
export const jobQuery = {
  connection: Type.Optional(connection),
  subject: Type.Optional(Subject()),
  state: Type.Optional(oneOf(jobStates)),
};

export const NewJobBody = Type.Object(
  {
    connection: Type.String({ maxLength: 60, examples: ['con_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
    subject: Subject({ description: 'The envelope, document or transaction, as the provider names it.' }),
    completion: Type.Optional(
      Type.String({
        maxLength: 128,
        description:
          "The event type that it would have come with, where the provider has several; else the provider's first.",
      }),
    ),
  },
  { additionalProperties: false },
);
export const VerifyBody = Type.Object(
  { all: Type.Boolean({ default: false, description: 'Also those that were verified in the last 24 hours.' }) },
  { additionalProperties: false },
);
