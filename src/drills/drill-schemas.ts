import { type TSchema, Type } from 'typebox';
import type { SubjectKind } from '../readiness/check-definition.ts';
import type { CheckState, Finding } from '../readiness/finding.ts';
import type { DrillSchedule } from './drill-schedule.store.ts';
import type { Drill, DrillRun, DrillRunState } from './drill.ts';
import type { ListedDrill } from './list-drills.ts';

function Nullable<Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) {
  return Type.Union([schema, Type.Null()], options);
}

const Time = () => Type.String({ format: 'date-time' });

const OneOf = <Word extends string>(words: readonly Word[], description?: string) =>
  Type.Unsafe<Word>({ type: 'string', enum: [...words], ...(description === undefined ? {} : { description }) });

const subjectKinds: readonly SubjectKind[] = ['gateway', 'team', 'source', 'endpoint', 'connection', 'organisation'];
const runStates: readonly DrillRunState[] = ['waiting', 'running', 'done', 'stopped', 'interrupted'];
const findingStates: readonly Finding['state'][] = ['passed', 'failed', 'unknown', 'not-applicable'];
const checkStates: readonly CheckState[] = [...findingStates, 'stale', 'waived', 'attested'];
const touches: readonly Drill['touches'][] = ['nothing', 'gateway', 'integration'];

const check = Type.String({ examples: ['delivery.failed-ones-retried'] });
const Values = Type.Array(
  Type.Object({
    name: Type.String(),
    value: Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
  }),
);

export const DrillRunSchema = Type.Object({
  id: Type.String({ examples: ['drl_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  check,
  subject: Type.Object({ kind: OneOf(subjectKinds), id: Type.String() }),
  version: Type.Integer({ description: 'Of the drill.' }),
  state: OneOf(runStates, 'Only one that is done has found something.'),
  progress: Type.Object({ done: Type.Number(), of: Nullable(Type.Number()) }),
  rehearsal: Type.Boolean({ description: 'Played faster than the check asks for: no evidence.' }),
  finding: Nullable(
    Type.Object({
      state: OneOf(findingStates),
      seen: Type.String(),
      values: Values,
      command: Nullable(Type.String()),
    }),
  ),
  evidenceId: Nullable(Type.String({ examples: ['evd_01kajxkkj8ffkr1g8xs6a3ek0r'] })),
  transcriptHash: Nullable(Type.String({ description: 'SHA-256 over the transcript as canonical JSON.' })),
  createdAt: Time(),
  startedAt: Nullable(Time()),
  endedAt: Nullable(Time()),
});

export const DrillRunDetailSchema = Type.Object({
  ...DrillRunSchema.properties,
  transcript: Type.Array(Type.Object({ atMs: Type.Number(), says: Type.String(), values: Values }), {
    description: 'What was done and seen, without secrets. Of a run under way, as far as it is.',
  }),
});

export const DrillSchema = Type.Object({
  check,
  title: Nullable(Type.String(), { description: 'True when it passes.' }),
  section: Nullable(Type.String()),
  severity: Nullable(OneOf(['blocker', 'major', 'minor'])),
  about: OneOf(subjectKinds, 'What it has to be run for.'),
  does: Type.String(),
  touches: OneOf(touches, '`nothing`: a second gateway of its own; `gateway`: this one too; `integration`: your own.'),
  safeInProduction: Type.Boolean(),
  irrevocable: Nullable(Type.String(), {
    description: 'What it does for good outside: it is started with `confirm` alone.',
  }),
  refused: Type.Boolean({ description: 'This is production, and it is not safe there.' }),
  limitSeconds: Type.Integer({ description: 'It is broken off when it takes longer.' }),
  subjects: Type.Array(
    Type.Object({
      kind: OneOf(subjectKinds),
      id: Type.String(),
      name: Type.String(),
      state: OneOf(checkStates, 'Of the check, from its newest evidence.'),
      because: Nullable(Type.String()),
      lastRun: Nullable(DrillRunSchema),
    }),
  ),
});

export const DrillScheduleSchema = Type.Object({
  check,
  subject: Nullable(Type.String(), { description: 'Null: all that there are when it is due.' }),
  everyHours: Nullable(Type.Integer(), { description: 'Null: it is not scheduled any more.' }),
  nextAt: Nullable(Time()),
});

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export function presentRun(run: DrillRun) {
  const { id, checkId, subject, version, state, progress, rehearsal, finding, evidenceId, transcriptHash } = run;
  return {
    id,
    check: checkId,
    subject: { kind: subject.kind, id: subject.id },
    version,
    state,
    progress,
    rehearsal,
    finding: finding === null ? null : { ...finding, values: [...finding.values] },
    evidenceId,
    transcriptHash,
    createdAt: new Date(run.createdAtMs).toISOString(),
    startedAt: timeOf(run.startedAtMs),
    endedAt: timeOf(run.endedAtMs),
  };
}

export function presentRunDetail(run: DrillRun) {
  return { ...presentRun(run), transcript: run.transcript.map((step) => ({ ...step, values: [...step.values] })) };
}

export function presentDrill({ drill, definition, refused, subjects }: ListedDrill) {
  const { checkId, subject: about, does, safeInProduction, limitSeconds } = drill;
  return {
    check: checkId,
    title: definition?.title ?? null,
    section: definition?.section ?? null,
    severity: definition?.severity ?? null,
    about,
    does,
    touches: drill.touches,
    safeInProduction,
    irrevocable: drill.irrevocable ?? null,
    refused,
    limitSeconds,
    subjects: subjects.map(({ status: { subject, state, because }, lastRun }) => ({
      kind: subject.kind,
      id: subject.id,
      name: subject.name,
      state,
      because,
      lastRun: lastRun === null ? null : presentRun(lastRun),
    })),
  };
}

export function presentSchedule({ checkId, subjectId, everyHours, nextAtMs }: DrillSchedule) {
  return { check: checkId, subject: subjectId, everyHours, nextAt: timeOf(nextAtMs) };
}
