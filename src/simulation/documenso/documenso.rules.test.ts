import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../random.rules.ts';
import { parseScenario } from '../scenario.rules.ts';
import type { Notification } from '../simulated-request.ts';
import { simulators } from '../simulators.rules.ts';
import { documenso } from './documenso.rules.ts';

const startMs = Date.UTC(2026, 10, 1);
const url = 'https://hooks.example.com/in/src_1';
const steps = (...does: (string | [who: string, does: string, more?: object])[]) =>
  does.map((each) => (typeof each === 'string' ? { does: each } : { who: each[0], does: each[1], ...each[2] }));
const [anna, bob, copy] = [{ key: 'anna' }, { key: 'bob', role: 'APPROVER' }, { key: 'copy', role: 'CC' }];

function play(scenario: object, seed = '1'): Notification[] {
  const parsed = parseScenario(JSON.stringify({ provider: 'documenso', ...scenario }), 'test', simulators);
  const [random, shared] = [createRandom(seed), createRandom('account')];
  return documenso.play(parsed, { random, shared, startMs, pdfSizeBytes: null });
}

type Recipient = Record<string, string | number | null> & { email: string };
type Body = {
  event: string;
  createdAt: string;
  webhookEndpoint: string;
  payload: Record<string, string | number | null> & { recipients: Recipient[]; Recipient: Recipient[] };
};

function bodyOf(notification: Notification, nowMs = startMs): Body {
  const stamp = { attempt: 1, nowMs, firstMs: nowMs, url, secrets: ['s3cret'], signatureHeader: null };
  return JSON.parse(notification.request(stamp).body.toString()) as Body;
}

const events = (scenario: object, seed?: string): string[] => play(scenario, seed).map(({ event }) => event);
const states = (notification: Notification, field: string): unknown[] =>
  bodyOf(notification).payload.recipients.map((recipient) => recipient[field]);

describe('the shape of a webhook', () => {
  const nullable = (type: string) => ({ type: [type, 'null'] });
  const time = { type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$` };
  const maybeTime = { anyOf: [time, { type: 'null' }] };
  const whole = { type: 'integer' };
  const text = { type: 'string' };
  const flag = { type: 'boolean' };
  const closed = (properties: Record<string, object>) => ({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  });
  // Every key of the provider facts on Documenso 2.17.
  const recipient = closed({
    id: whole,
    envelopeId: text,
    documentId: nullable('integer'),
    templateId: nullable('integer'),
    email: text,
    name: text,
    token: text,
    documentDeletedAt: maybeTime,
    expiresAt: maybeTime,
    expirationNotifiedAt: maybeTime,
    signedAt: maybeTime,
    authOptions: nullable('object'),
    signingOrder: nullable('integer'),
    rejectionReason: nullable('string'),
    role: { enum: ['CC', 'SIGNER', 'VIEWER', 'APPROVER', 'ASSISTANT'] },
    readStatus: { enum: ['NOT_OPENED', 'OPENED'] },
    signingStatus: { enum: ['NOT_SIGNED', 'SIGNED', 'REJECTED'] },
    sendStatus: { enum: ['NOT_SENT', 'SENT'] },
  });
  const payload = closed({
    id: whole,
    envelopeId: text,
    externalId: nullable('string'),
    userId: whole,
    authOptions: nullable('object'),
    formValues: nullable('object'),
    visibility: { enum: ['EVERYONE', 'MANAGER_AND_ABOVE', 'ADMIN'] },
    title: text,
    status: { enum: ['DRAFT', 'PENDING', 'COMPLETED', 'REJECTED', 'CANCELLED'] },
    createdAt: time,
    updatedAt: time,
    completedAt: maybeTime,
    deletedAt: maybeTime,
    teamId: nullable('integer'),
    templateId: nullable('integer'),
    source: { enum: ['DOCUMENT', 'TEMPLATE', 'TEMPLATE_DIRECT_LINK'] },
    documentMeta: closed({
      id: text,
      subject: nullable('string'),
      message: nullable('string'),
      timezone: { const: 'Etc/UTC' },
      dateFormat: { const: 'yyyy-MM-dd hh:mm a' },
      redirectUrl: nullable('string'),
      signingOrder: { enum: ['PARALLEL', 'SEQUENTIAL'] },
      allowDictateNextSigner: flag,
      typedSignatureEnabled: flag,
      uploadSignatureEnabled: flag,
      drawSignatureEnabled: flag,
      language: text,
      distributionMethod: { enum: ['EMAIL', 'NONE'] },
      emailSettings: nullable('object'),
    }),
    recipients: { type: 'array', items: recipient },
    Recipient: { type: 'array', items: recipient },
  });
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(
    closed({ event: text, payload, createdAt: time, webhookEndpoint: text }),
  );

  test.each([
    ['a document', { people: [anna, bob, copy], steps: steps('create', 'send', ['anna', 'open'], ['anna', 'sign']) }],
    ['a refusal', { people: [anna], steps: steps('create', 'send', ['anna', 'reject']) }],
    ['a template', { people: [anna], steps: steps('create-template', 'update-template', 'use-template') }],
  ])('has every key of the facts and no other: %s', (_what, scenario) => {
    for (const notification of play(scenario)) {
      const body = bodyOf(notification);
      expect([validate(body), validate.errors]).toEqual([true, null]);
      expect(body.payload.Recipient).toEqual(body.payload.recipients);
      expect([body.event, body.webhookEndpoint]).toEqual([notification.event, url]);
      expect(body.payload['envelopeId']).toBe(notification.subject);
    }
  });

  test('has the plain secret in its header, or nothing, and no signature', () => {
    const [created] = play({ people: [anna], steps: steps('create') });
    const headers = (secrets: string[]) =>
      created!.request({ attempt: 1, nowMs: startMs, firstMs: startMs, url, secrets, signatureHeader: null }).headers;
    expect(headers(['s3cret'])).toEqual([
      ['Content-Type', 'application/json'],
      ['User-Agent', 'Posthorn-Simulator'],
      ['X-Documenso-Secret', 's3cret'],
    ]);
    expect(headers([]).at(-1)).toEqual(['X-Documenso-Secret', '']);
  });

  test('has a new createdAt on every attempt, and is the same otherwise', () => {
    const [created] = play({ people: [anna], steps: steps('create') });
    const [first, second] = [bodyOf(created!, startMs), bodyOf(created!, startMs + 1234)];
    expect([first.createdAt, second.createdAt]).toEqual(['2026-11-01T00:00:00.000Z', '2026-11-01T00:00:01.234Z']);
    expect({ ...first, createdAt: '' }).toEqual({ ...second, createdAt: '' });
  });
});

describe('a document', () => {
  const people = [anna, bob];

  test('of one signer is created, sent, opened once, and signed', () => {
    const told = play({
      people: [anna],
      steps: steps('create', 'send', ['anna', 'open'], ['anna', 'open'], ['anna', 'sign', { sealedFirst: false }]),
    });
    expect(told.map(({ event }) => event)).toEqual([
      'DOCUMENT_CREATED',
      'DOCUMENT_SENT',
      'DOCUMENT_OPENED',
      'DOCUMENT_RECIPIENT_COMPLETED',
      'DOCUMENT_SIGNED',
      'DOCUMENT_COMPLETED',
    ]);
    expect(told.map((each) => bodyOf(each).payload['status'])).toEqual([
      'DRAFT',
      'PENDING',
      'PENDING',
      'PENDING',
      'PENDING',
      'COMPLETED',
    ]);
    expect(told.map((each) => states(each, 'readStatus')[0])).toEqual([
      'NOT_OPENED',
      'NOT_OPENED',
      ...new Array<string>(4).fill('OPENED'),
    ]);
    expect(states(told[3]!, 'signedAt')).not.toEqual([null]);
    expect(new Set(told.map((each) => states(each, 'token')[0])).size).toBe(1);
  });

  test('may be completed before it is told that it was signed: either order comes', () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 20; seed += 1) {
      const told = events({ people: [anna], steps: steps('create', 'send', ['anna', 'sign']) }, String(seed));
      orders.add(told.slice(2).join(' '));
    }
    expect(orders).toEqual(
      new Set([
        'DOCUMENT_RECIPIENT_COMPLETED DOCUMENT_SIGNED DOCUMENT_COMPLETED',
        'DOCUMENT_RECIPIENT_COMPLETED DOCUMENT_COMPLETED DOCUMENT_SIGNED',
      ]),
    );
  });

  test('in sequence goes to one after the other', () => {
    const about = { signingOrder: 'SEQUENTIAL' };
    const told = play({ about, people, steps: steps('create', 'send', ['anna', 'sign'], ['bob', 'reject']) });
    expect(told.map((each) => states(each, 'sendStatus'))).toEqual([
      ['NOT_SENT', 'NOT_SENT'],
      ['SENT', 'NOT_SENT'],
      ['SENT', 'NOT_SENT'],
      ['SENT', 'SENT'],
      ['SENT', 'SENT'],
    ]);
    expect(told.at(-1)).toMatchObject({ event: 'DOCUMENT_REJECTED' });
    expect(states(told.at(-1)!, 'signingStatus')).toEqual(['SIGNED', 'REJECTED']);
    expect(states(told.at(-1)!, 'rejectionReason')).toEqual([null, 'I do not agree with the terms']);
  });

  test('is complete without those who only get a copy', () => {
    const told = play({ people: [anna, copy], steps: steps('create', 'send', ['anna', 'sign']) });
    expect(told.map(({ event }) => event)).toContain('DOCUMENT_COMPLETED');
  });

  test('from a template is told twice, and knows where it is from', () => {
    const told = play({ people: [anna], steps: steps('create-template', 'use-template') });
    expect(told.map(({ event }) => event)).toEqual(['TEMPLATE_CREATED', 'DOCUMENT_CREATED', 'TEMPLATE_USED']);
    const [template, created, used] = told.map((each) => bodyOf(each).payload);
    expect(used).toEqual(created);
    expect(created).toMatchObject({ source: 'TEMPLATE', templateId: template!['id'] });
    expect(template!.recipients[0]).toMatchObject({ templateId: template!['id'], documentId: null });
    expect(created!.recipients[0]).toMatchObject({ templateId: null, documentId: created!['id'] });
  });

  test('runs out of time for a recipient when it says so', () => {
    const about = { expiresAfterDays: 2 };
    const late = ['anna', 'expire', { afterSeconds: 2 * 86_400 }] as [string, string, object];
    const told = play({ about, people, steps: steps('create', 'send', late, 'remind', 'cancel') });
    expect(told.map(({ event }) => event).slice(2)).toEqual([
      'RECIPIENT_EXPIRED',
      'DOCUMENT_REMINDER_SENT',
      'DOCUMENT_CANCELLED',
    ]);
    expect(states(told[2]!, 'expiresAt')).toEqual(['2026-11-03T00:00:00.000Z', '2026-11-03T00:00:00.000Z']);
    expect(states(told[2]!, 'expirationNotifiedAt')).toEqual(['2026-11-03T00:00:00.000Z', null]);
  });
});

test.each([
  ['steps[0]', { people: [anna], steps: steps('send') }],
  ['steps[1]', { people: [anna], steps: steps('create', ['anna', 'open']) }],
  ['steps[1]', { people: [anna], steps: steps('create', 'create') }],
  ['steps[1]', { people: [copy], steps: steps('create', 'send') }],
  ['steps[2]', { people: [anna, copy], steps: steps('create', 'send', ['copy', 'sign']) }],
  ['steps[3]', { people: [anna, bob], steps: steps('create', 'send', ['anna', 'sign'], ['anna', 'open']) }],
  ['steps[3]', { people: [anna], steps: steps('create', 'send', ['anna', 'sign'], 'cancel') }],
  ['steps[2]', { people: [anna], steps: steps('create', 'send', ['anna', 'expire']) }],
  [
    'steps[2]',
    {
      about: { signingOrder: 'SEQUENTIAL' },
      people: [anna, bob],
      steps: steps('create', 'send', ['bob', 'sign']),
    },
  ],
  ['steps[0]', { people: [anna], steps: steps('use-template') }],
])('what cannot happen is refused at %s: %j', (place, scenario) => {
  expect(() => play(scenario)).toThrow(expect.objectContaining({ name: 'ScenarioProblem', place }));
});
