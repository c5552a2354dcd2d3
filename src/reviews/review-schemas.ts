import { type TSchema, Type } from 'typebox';

function Nullable<Schema extends TSchema>(schema: Schema, options: { description?: string } = {}) {
  return Type.Union([schema, Type.Null()], options);
}
const Text = (maxLength: number, options: { description?: string; examples?: string[] } = {}) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$', ...options });
const Time = (description?: string) =>
  Type.String({ format: 'date-time', ...(description === undefined ? {} : { description }) });
const OneOf = <Word extends string>(words: readonly Word[], description?: string) =>
  Type.Unsafe<Word>({ type: 'string', enum: [...words], ...(description === undefined ? {} : { description }) });
const closed = { additionalProperties: false } as const;

export const severities = ['blocker', 'major', 'minor'] as const;
export const checkStates = ['passed', 'failed', 'unknown', 'not-applicable', 'stale', 'waived', 'attested'] as const;
export const reviewStatuses = ['open', 'promoted', 'reopened', 'closed'] as const;

const Ids = (examples: string[]) => Type.Array(Text(100), { maxItems: 100, examples: [examples] });
const Answer = Type.Union([
  Type.Boolean(),
  Type.Number(),
  Type.String({ maxLength: 100 }),
  Type.Array(Type.String({ maxLength: 100 }), { maxItems: 50 }),
]);

const name = Text(200, { examples: ['Contracts, going live'] });
const checklists = Type.Array(Text(100), {
  minItems: 1,
  maxItems: 20,
  description: 'Ids of checklists; what several of them demand is there once.',
  examples: [['posthorn-default', 'docusign-go-live']],
});
const integration = Type.Object(
  {
    sources: Ids(['src_01kajxkkj8ffkr1g8xs6a3ek0r']),
    endpoints: Ids(['ep_01kajxkkj8ffkr1g8xs6a3ek0r']),
    connections: Ids(['con_01kajxkkj8ffkr1g8xs6a3ek0r']),
  },
  { ...closed, description: 'What it is made of. The gateway, the team and the organisation are judged as well.' },
);
const answers = Type.Record(Type.String({ maxLength: 100 }), Answer, {
  description: 'To the questions of scope, by question. What is not answered makes nothing not applicable.',
  examples: [{ selfHosted: false, expectedPeakPerSecond: 20 }],
});
const waiverCap = Type.Integer({ minimum: 0, maximum: 50, description: 'How many waivers may stand at a time.' });

export const NewReviewSchema = Type.Object(
  {
    name,
    checklists,
    integration: Type.Partial(integration, closed),
    answers: Type.Optional(answers),
    waiverCap: Type.Optional(waiverCap),
  },
  closed,
);
export const ReviewChangeSchema = Type.Object(
  {
    version: Type.Integer({ minimum: 1, description: 'Of the review that the change is made from.' }),
    name: Type.Optional(name),
    checklists: Type.Optional(checklists),
    integration: Type.Optional(integration),
    answers: Type.Optional(answers),
    waiverCap: Type.Optional(waiverCap),
    status: Type.Optional(
      OneOf(['open', 'closed'] as const, 'Closing ends the work on it; only a closed one is opened.'),
    ),
  },
  closed,
);

const reviewProperties = {
  id: Type.String({ examples: ['rev_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  name: Type.String(),
  checklists: Type.Array(Type.String()),
  integration: Type.Object({
    sources: Type.Array(Type.String()),
    endpoints: Type.Array(Type.String()),
    connections: Type.Array(Type.String()),
  }),
  answers: Type.Record(Type.String(), Answer),
  waiverCap: Type.Integer(),
  status: OneOf(reviewStatuses, 'Reopened: after promotion something fell.'),
  because: Nullable(Type.String(), { description: 'Why it was reopened, or taken up again.' }),
  version: Type.Integer({ description: 'Raised by every change.' }),
  createdAt: Time(),
  updatedAt: Time(),
};
export const ReviewSchema = Type.Object(reviewProperties);

const SubjectSchema = Type.Object({
  kind: OneOf(['gateway', 'team', 'source', 'endpoint', 'connection', 'organisation'] as const),
  id: Type.String({ description: 'Of the gateway and the organisation their kind.' }),
  name: Type.String(),
});
const checkProperties = {
  check: Type.String({ examples: ['transport.endpoints-https-only'] }),
  title: Type.String({ description: 'True when it passes.' }),
  section: Type.String({ examples: ['security'] }),
  severity: OneOf(severities),
  kind: OneOf(['automatic', 'drill', 'attested'] as const),
  subject: SubjectSchema,
  state: OneOf(checkStates, 'Unknown, stale and waived never count as passed.'),
  because: Nullable(Type.String(), { description: 'Why it stands so; null when the evidence says it all.' }),
  basis: Nullable(Type.String(), { description: 'The attestation or waiver that it stands on; null: evidence.' }),
  seen: Nullable(Type.String(), { description: 'What the newest measurement found.' }),
  remedy: Type.String(),
  command: Nullable(Type.String(), { description: 'What to run or open to mend it.' }),
  next: Type.Object({
    kind: OneOf(['run', 'drill', 'attest', 'wait'] as const, 'What decides it; wait: nothing yet.'),
    post: Nullable(Type.String(), { description: 'Where to post to for that.' }),
  }),
  evidenceId: Nullable(Type.String()),
  measuredAt: Nullable(Time()),
  expiresAt: Nullable(Time()),
  owner: Nullable(Type.String(), { description: 'The member who sees to it.' }),
  dueAt: Nullable(Time()),
};
const itemProperties = { checklist: Type.String(), ref: Type.String(), phase: Type.String() };
export const ReviewedCheckSchema = Type.Object({
  ...checkProperties,
  items: Type.Array(Type.Object(itemProperties), { description: 'Items of checklists that it helps to decide.' }),
});
export const CommentSchema = Type.Object({
  id: Type.String({ examples: ['cmt_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  check: Nullable(Type.String(), { description: 'Null: about the review.' }),
  subject: Nullable(Type.String()),
  author: Type.String({ description: '`operator`, or the id of a member or of an API key.' }),
  text: Type.String(),
  createdAt: Time(),
});
export const ExplainedCheckSchema = Type.Object({
  ...checkProperties,
  why: Type.String({ description: 'What is measured, why, and when it passes.' }),
  values: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
    }),
  ),
  items: Type.Array(Type.Object({ ...itemProperties, says: Type.String() })),
  comments: Type.Array(CommentSchema, { description: 'The newest 50, newest first.' }),
  history: Type.Array(
    Type.Object({
      id: Type.String(),
      state: OneOf(['passed', 'failed', 'unknown', 'not-applicable'] as const),
      seen: Type.String(),
      measuredAt: Time(),
      expiresAt: Time(),
      release: Type.String(),
      hash: Type.String(),
    }),
    { description: 'The newest ten measurements, newest first.' },
  ),
});

const count = Type.Integer({ minimum: 0 });
export const ReviewViewSchema = Type.Object({
  ...reviewProperties,
  verdict: Type.Object({
    passed: Type.Boolean(),
    because: Type.Array(Type.String(), { description: 'What is missing, in words, the gravest first.' }),
  }),
  sections: Type.Array(
    Type.Object({
      section: Type.String(),
      total: count,
      passed: count,
      attested: count,
      waived: count,
      failed: count,
      stale: count,
      unknown: count,
      notApplicable: count,
    }),
  ),
  evidenceHash: Type.String({ description: 'Of how everything stands: what sign-offs are bound to.' }),
  requiredDuties: Type.Array(Type.String()),
  missingDuties: Type.Array(Type.String()),
  signOffs: Type.Array(
    Type.Object({
      id: Type.String(),
      duty: Type.String(),
      member: Type.String(),
      evidenceHash: Type.String(),
      signedAt: Time(),
      fallenBecause: Nullable(Type.String(), { description: 'Why it does not count any more; null while it stands.' }),
    }),
  ),
  questions: Type.Array(
    Type.Object({
      id: Type.String(),
      question: Type.String(),
      kind: OneOf(['boolean', 'number', 'choice', 'list'] as const),
      choices: Type.Array(Type.String()),
      answer: Nullable(Answer, { description: 'Null: not answered, which makes nothing not applicable.' }),
    }),
  ),
  checks: Type.Array(ReviewedCheckSchema, { description: 'By severity, section and id.' }),
});

export const SnapshotSchema = Type.Object({
  id: Type.String({ examples: ['snp_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  takenAt: Time(),
  confirmedAt: Time('When the gateway last found everything the same by itself.'),
  takenBy: Type.String({ description: '`posthorn`, `operator`, or the id of a member or of an API key.' }),
  evidenceHash: Type.String(),
  passed: Type.Boolean(),
  release: Type.String(),
  states: Type.Record(Type.String(), count, { description: 'How many checks stood how.' }),
});
const SideSchema = Type.Object({
  snapshot: Nullable(Type.String(), { description: 'Null: as it stands now.' }),
  at: Time(),
  evidenceHash: Type.String(),
  passed: Type.Boolean(),
});
const State = Nullable(OneOf(checkStates), { description: 'Null: it was, or is, not there.' });
export const DiffSchema = Type.Object({
  from: SideSchema,
  to: SideSchema,
  changed: Type.Array(
    Type.Object({
      check: Type.String(),
      subject: Type.Object({ kind: Type.String(), id: Type.String() }),
      from: State,
      to: State,
    }),
    { description: 'Also those of the same state on another basis.' },
  ),
});
