import { type TSchema, Type } from 'typebox';
import type { ApiEnvironment } from '../providers/api-profile.ts';
import { type CallOutcome, callOutcomes } from './call-filter.rules.ts';
import { type CallEnd, type CallError, callErrors, type CallStart } from './call-ledger.ts';
import type { StatisticsKey } from './call-statistics.store.ts';

function Nullable<Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) {
  return Type.Union([schema, Type.Null()], options);
}

const Time = () => Type.String({ format: 'date-time' });

/** A text of a closed set. */
function OneOf<Word extends string>(words: readonly Word[], options: { description?: string } = {}) {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words], ...options });
}

const idPattern = (prefix: string): string => `^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`;
export const ConnectionId = Type.String({ pattern: idPattern('con'), description: 'Calls through this connection.' });
export const ApiKeyId = Type.String({ pattern: idPattern('key'), description: 'Calls made with this api key.' });
export const StatusFilter = Type.String({
  pattern: '^[1-9](?:\\d\\d|xx)$',
  description: 'The status of the provider: `404`, or `4xx` for all of them.',
  examples: ['429', '4xx'],
});
export const GroupBy = Type.Unsafe<StatisticsKey>({
  type: 'string',
  enum: ['operation', 'status', 'hour'],
  default: 'operation',
  description: 'status: the status of the provider, or the kind of error where none came.',
});
export const ErrorKind = OneOf<CallError>(callErrors, { description: 'What ended it, if not a status below 400.' });
export const Environment = OneOf<ApiEnvironment>(['sandbox', 'production']);
export const Outcome = OneOf<CallOutcome>(callOutcomes, {
  description: 'unknown: the node that made it ended before the call did; it may have reached the provider.',
});
export const Polling = OneOf<NonNullable<CallEnd['polling']>>(['violation', 'served', 'refused'], {
  description:
    'violation: the provider may count it as polling; served: answered from an earlier answer; refused: not made.',
});
const Milliseconds = Nullable(Type.Number());

const summary = {
  id: Type.String({ examples: ['call_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  connectionId: Type.String(),
  provider: Type.String(),
  environment: Environment,
  apiKeyId: Nullable(Type.String(), { description: 'Null for the operator, and for calls of Posthorn itself.' }),
  origin: OneOf<CallStart['origin']>(['egress', 'archive', 'check'], {
    description: 'egress: an application made it; the others are of Posthorn itself.',
  }),
  method: Type.String(),
  operation: Type.String({ examples: ['envelopes.get'] }),
  subject: Nullable(Type.String(), { description: 'What it is about: a document, an envelope, a transaction.' }),
  path: Type.String({ description: 'With its query; secrets in it are masked.' }),
  counted: Type.Boolean({ description: 'Whether the provider’s own review of calls counts it.' }),
  outcome: Outcome,
  status: Nullable(Type.Integer(), { description: 'The last one of the provider; null when none came.' }),
  answered: Nullable(Type.Integer(), { description: 'What the caller got.' }),
  error: Nullable(ErrorKind),
  errorCode: Nullable(Type.String(), { description: 'The provider’s own.' }),
  cache: Nullable(OneOf(['hit', 'served'] as const)),
  polling: Nullable(Polling),
  tryCount: Nullable(Type.Integer({ description: '0: nothing was sent.' })),
  firstByteMs: Milliseconds,
  totalMs: Milliseconds,
  requestBytes: Nullable(Type.Integer()),
  responseBytes: Nullable(Type.Integer()),
  startedAt: Time(),
  endedAt: Nullable(Time()),
};
export const CallSummarySchema = Type.Object(summary);

const Pattern = OneOf(['repeat', 'list-then-get'] as const, {
  description: 'list-then-get: a list, its members, and the list again.',
});
const Body = Nullable(
  Type.Object({
    encoding: OneOf(['utf-8', 'base64'] as const),
    content: Type.String(),
    sizeBytes: Type.Integer({ description: 'Of what is kept: masked, and cut where it was too long.' }),
  }),
  { description: 'Null unless the policy of the connection keeps bodies.' },
);

export const CallDetailSchema = Type.Object({
  ...summary,
  template: Type.String({ description: 'The path with its variables named.' }),
  resource: Nullable(Type.String(), { description: 'What the polling rule of the provider compares.' }),
  tries: Type.Array(
    Type.Object({
      status: Nullable(Type.Integer()),
      error: Nullable(ErrorKind),
      at: Time(),
      durationMs: Type.Number(),
    }),
  ),
  timing: Type.Object({
    queueMs: Milliseconds,
    dnsMs: Milliseconds,
    connectMs: Milliseconds,
    tlsMs: Milliseconds,
    firstByteMs: Milliseconds,
    totalMs: Milliseconds,
  }),
  repeats: Nullable(Type.Object({ callId: Type.String(), agoMs: Type.Number(), pattern: Pattern }), {
    description: 'For a polling violation: the call that it repeats.',
  }),
  credentialId: Nullable(Type.String()),
  credentialKind: Nullable(Type.String()),
  rateHeaders: Nullable(Type.Record(Type.String(), Type.String()), {
    description: 'What the last answer said of the provider’s limits.',
  }),
  requestBody: Body,
  responseBody: Body,
});

const Count = Type.Integer();
const PercentilesSchema = Nullable(Type.Object({ p50: Type.Number(), p95: Type.Number(), p99: Type.Number() }), {
  description: 'Milliseconds of calls that went to the provider and ended.',
});
const figures = {
  calls: Count,
  succeeded: Count,
  failed: Count,
  running: Count,
  unknown: Count,
  successRate: Nullable(Type.Number(), { description: 'From 0 to 1, of those that ended.' }),
  totalMs: PercentilesSchema,
  firstByteMs: PercentilesSchema,
  retries: Count,
  requestBytes: Type.Number(),
  responseBytes: Type.Number(),
  fromCache: Count,
  polling: Type.Object({ violations: Count, served: Count, refused: Count }),
  errors: Type.Unsafe<Partial<Record<CallError, number>>>({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'How many by kind; kinds that did not occur are left out.',
  }),
};

export const StatisticsSchema = Type.Object({
  since: Time(),
  until: Time(),
  sampledSince: Nullable(Time(), {
    description:
      'Null: of all calls. Otherwise there are more than 100,000; the figures are of the newest, since then.',
  }),
  overall: Type.Object({
    ...figures,
    histogram: Type.Array(
      Type.Object({ upToMs: Nullable(Type.Integer(), { description: 'Null: longer than all before.' }), calls: Count }),
    ),
  }),
  groups: Type.Array(Type.Object({ key: Type.String(), ...figures }), {
    description: 'At most 1,000, the most frequent first; hours in their order.',
  }),
});

const pairOf = (operation: TSchema, path: TSchema) => ({ id: Type.String(), at: Time(), operation, path });
export const ViolationSchema = Type.Object({
  connectionId: Type.String(),
  provider: Type.String(),
  environment: Type.String(),
  subject: Nullable(Type.String()),
  resource: Nullable(Type.String()),
  pattern: Pattern,
  minutesBetween: Type.Number(),
  first: Type.Object(pairOf(Nullable(Type.String()), Nullable(Type.String())), {
    description: 'Operation and path are null when the call is past retention.',
  }),
  second: Type.Object(pairOf(Type.String(), Type.String())),
  remedy: Type.String({ description: 'What to do instead.' }),
});
