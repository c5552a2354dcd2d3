import { type TSchema, Type } from 'typebox';
import { Nullable, Text, Time } from './schema-parts.ts';
import { phaseNames, thresholdNames } from './launch-names.rules.ts';

const closed = { additionalProperties: false } as const;
const time = (description?: string) =>
  Type.String({ format: 'date-time', ...(description === undefined ? {} : { description }) });
const member = Type.String({ maxLength: 100, examples: ['mem_01kajxkkj8ffkr1g8xs6a3ek0r'] });
const checkId = Type.String({ maxLength: 200, examples: ['transport.endpoints-https-only'] });
const list = <Item extends TSchema>(item: Item, maxItems: number, description?: string) =>
  Type.Array(item, { maxItems, ...(description === undefined ? {} : { description }) });

const Threshold = Type.Object(
  {
    name: Type.Enum([...thresholdNames]),
    limit: Type.Number({ minimum: 0 }),
    forSeconds: Type.Integer({ minimum: 0, maximum: 86_400 }),
    decides: member,
    action: Text(500, { description: 'What is done then.', examples: ['Roll back, and tell support.'] }),
  },
  closed,
);
const Step = Type.Object(
  {
    when: Type.Enum(['before', 'during', 'after']),
    title: Text(200),
    owner: member,
    at: time(),
    minutes: Type.Integer({ minimum: 1, maximum: 10_080 }),
    action: Text(1_000, { description: 'A command, or the id of a check.' }),
    stopIf: Text(500),
  },
  closed,
);
const RampStep = Type.Object(
  {
    percent: Type.Number({ exclusiveMinimum: 0, maximum: 100 }),
    from: time(),
    connection: Type.String({ maxLength: 100 }),
    budget: Text(100, { description: "A budget of the connection's policy, such as `own`." }),
    limit: Type.Integer({ minimum: 1 }),
    windowMs: Type.Integer({ minimum: 1_000 }),
  },
  closed,
);
const Phase = Type.Object(
  {
    name: Type.Enum([...phaseNames]),
    everyMinutes: Type.Integer({ minimum: 1, maximum: 10_080 }),
    checks: list(checkId, 300, 'Empty: all of the review.'),
    reviewer: member,
    deputy: member,
  },
  closed,
);
const Action = Type.Object({ what: Text(500), owner: member, dueAt: time(), doneAt: Nullable(time()) }, closed);

/** A launch plan, as it is given and as it is shown. */
const LaunchPlanSchema = Type.Object(
  {
    criteria: Type.Object(
      {
        checksPercent: Type.Number({ minimum: 0, maximum: 100 }),
        waiversMost: Type.Integer({ minimum: 0, maximum: 1_000 }),
        decides: member,
      },
      closed,
    ),
    thresholds: list(Threshold, 6, 'Values of the last hour, and from when on it is gone back.'),
    window: Type.Object({ from: time(), until: time() }, closed),
    steps: list(Step, 100),
    walkedThrough: Nullable(Type.Object({ at: time(), minutes: Type.Integer({ minimum: 1 }) }, closed), {
      description: 'Gone through on staging.',
    }),
    rampUp: list(RampStep, 50, 'Empty: everything at once.'),
    phases: list(Phase, 4),
    requirements: list(Type.Object({ demand: Text(200), checks: list(checkId, 100) }, closed), 50),
    duties: list(
      Type.Object(
        {
          name: Text(200),
          check: checkId,
          everyDays: Type.Integer({ minimum: 1, maximum: 3_660 }),
          owner: member,
          nextAt: time(),
        },
        closed,
      ),
      50,
      'What recurs: done whenever its check is found to hold, or attested.',
    ),
    carriedOver: Type.Object(
      { templates: list(Type.Object({ sandbox: Text(100), production: Text(100) }, closed), 200) },
      closed,
    ),
    retrospective: Nullable(
      Type.Object(
        {
          at: time(),
          minutes: Nullable(Type.Object({ causes: Text(5_000), actions: list(Action, 100) }, closed)),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const PlanBody = Type.Object(
  {
    version: Type.Integer({ minimum: 0, description: 'The one that it was made from; 0 for the first.' }),
    plan: LaunchPlanSchema,
  },
  closed,
);
export const PlanOnRecordSchema = Type.Object({
  version: Type.Integer(),
  versions: Type.Integer({ description: 'How many there are, all of which stay on record.' }),
  plan: LaunchPlanSchema,
  setBy: Type.String({ description: '`operator`, or the id of a member or of an API key.' }),
  setAt: Time(),
});

const Measure = Type.Object({
  name: Type.Enum([...thresholdNames]),
  value: Nullable(Type.Number()),
  limit: Nullable(Type.Number()),
  exceededSince: Nullable(Time()),
  crossed: Type.Boolean({ description: 'Beyond the limit for as long as the plan says.' }),
});
const Finding = Type.Object({
  kind: Type.Enum(['limit', 'check-failed', 'evidence-stale', 'rolled-back', 'not-looked']),
  what: Type.String(),
  decides: Nullable(Type.String()),
  action: Nullable(Type.String()),
});
const Look = Type.Object({
  id: Type.String({ examples: ['wch_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  phase: Type.Enum([...phaseNames]),
  at: Time(),
  checks: Type.Integer(),
  failed: Type.Boolean({ description: 'The review could not be measured.' }),
  reopened: Type.Boolean(),
  measures: Type.Array(Measure),
  findings: Type.Array(Finding),
});
export const Timeline = Type.Object({
  startedAt: Time(),
  endedAt: Nullable(Time()),
  nextAt: Time('When it is looked at next.'),
  data: Type.Array(Look),
  nextCursor: Nullable(Type.String(), { description: 'For the next page; null on the last one.' }),
});

const percent = Nullable(Type.Number());
const count = Type.Integer();
export const Day = Type.Object({
  day: Type.String({ format: 'date', description: 'UTC.', examples: ['2026-11-21'] }),
  summary: Type.Object({
    calls: count,
    failedCalls: count,
    errorPercent: percent,
    p50Ms: Nullable(Type.Number()),
    p95Ms: Nullable(Type.Number()),
    deliveries: count,
    deliverySuccessPercent: percent,
    deadLetters: count,
    webhooks: count,
    refusedWebhooks: count,
    rejectedDocuments: count,
    slowest: Type.Array(Type.Object({ callId: Type.String(), operation: Type.String(), durationMs: Type.Number() })),
    changed: Type.Array(Type.String(), { description: 'What of the integration was changed on that day.' }),
    crossed: Type.Array(Type.String(), { description: 'Limits that were crossed on that day.' }),
  }),
  openedBy: Nullable(Type.String()),
  openedAt: Nullable(Time()),
  closedBy: Nullable(Type.String()),
  closedAt: Nullable(Time()),
  note: Nullable(Type.String()),
});
export const CloseBody = Type.Object(
  { note: Text(5_000, { description: 'What was seen, and what is done about it.' }) },
  closed,
);
export const ResumeBody = Type.Object(
  {
    note: Text(500, { description: 'What was found and done.', examples: ['The provider had an outage until 14:20.'] }),
    override: Type.Optional(
      Type.Object(
        { reason: Text(500) },
        { ...closed, description: 'For owners: go on although the review is not passed.' },
      ),
    ),
  },
  closed,
);
export const Resumed = Type.Object({
  review: Type.String(),
  status: Type.Literal('promoted'),
  because: Type.String(),
});
