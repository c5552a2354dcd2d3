import { type TSchema, Type } from 'typebox';
import type { SubjectKind } from './check-definition.ts';
import type { CheckState } from './finding.ts';

function Nullable<Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) {
  return Type.Union([schema, Type.Null()], options);
}

const Time = () => Type.String({ format: 'date-time' });

const OneOf = <Word extends string>(words: readonly Word[], description?: string) =>
  Type.Unsafe<Word>({ type: 'string', enum: [...words], ...(description === undefined ? {} : { description }) });

const subjectKinds: readonly SubjectKind[] = ['gateway', 'team', 'source', 'endpoint', 'connection', 'organisation'];
const states: readonly CheckState[] = ['passed', 'failed', 'unknown', 'not-applicable', 'stale', 'waived', 'attested'];

const Values = Type.Array(
  Type.Object({
    name: Type.String({ examples: ['errors'] }),
    value: Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
  }),
  { description: 'What was measured; units end the names.' },
);

export const CheckStatusSchema = Type.Object({
  check: Type.String({ examples: ['transport.endpoints-https-only'] }),
  title: Nullable(Type.String(), { description: 'True when it passes; null when the catalogue has no entry.' }),
  section: Nullable(Type.String({ examples: ['security'] })),
  severity: Nullable(OneOf(['blocker', 'major', 'minor'])),
  kind: Nullable(OneOf(['automatic', 'drill', 'attested'])),
  subject: Type.Object({
    kind: OneOf(subjectKinds),
    id: Type.String({ description: 'Of the gateway and the organisation their kind.' }),
    name: Type.String(),
  }),
  state: OneOf(states, 'Unknown, stale and waived never count as passed.'),
  because: Nullable(Type.String(), { description: 'Why it is unknown or stale.' }),
  seen: Nullable(Type.String(), { description: 'What the newest measurement found.' }),
  values: Values,
  why: Nullable(Type.String(), { description: 'What is measured, and when it passes.' }),
  remedy: Nullable(Type.String()),
  command: Nullable(Type.String(), { description: 'What to run or open to mend it.' }),
  runAgain: Nullable(Type.String(), {
    description:
      'POST here to measure this check alone, for a drill with its `check` and `subject` as the body; null: nothing measures it.',
  }),
  evidenceId: Nullable(Type.String({ examples: ['evd_01kajxkkj8ffkr1g8xs6a3ek0r'] })),
  measuredAt: Nullable(Time()),
  expiresAt: Nullable(Time()),
});

export const EvidenceSchema = Type.Object({
  id: Type.String({ examples: ['evd_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  check: Type.String(),
  subject: Type.Object({ kind: OneOf(subjectKinds), id: Type.String() }),
  state: OneOf(['passed', 'failed', 'unknown', 'not-applicable']),
  seen: Type.String(),
  values: Values,
  command: Nullable(Type.String()),
  reviews: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Object({
        state: OneOf(['passed', 'failed', 'unknown', 'not-applicable']),
        seen: Type.String(),
        command: Nullable(Type.String()),
      }),
      { description: 'Of checks that judge every review of the team by itself: what each came to, by its id.' },
    ),
  ),
  measuredAt: Time(),
  expiresAt: Time(),
  collectorVersion: Type.Integer(),
  release: Type.String(),
  environment: OneOf(['development', 'production']),
  configurationDigest: Type.String({ description: 'SHA-256 of the configuration that it was measured under.' }),
  hash: Type.String({ description: 'SHA-256 over all of the above, as canonical JSON.' }),
});
