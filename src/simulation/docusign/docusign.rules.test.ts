import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../random.rules.ts';
import { parseScenario } from '../scenario.rules.ts';
import type { Notification } from '../simulated-request.ts';
import { simulators } from '../simulators.rules.ts';
import { docusign } from './docusign.rules.ts';

const startMs = Date.UTC(2026, 10, 1);
const [anna, bob, copy] = [{ key: 'anna' }, { key: 'bob' }, { key: 'copy', role: 'carbonCopy' }];
const steps = (...does: (string | [who: string, does: string])[]) =>
  does.map((each) => (typeof each === 'string' ? { does: each } : { who: each[0], does: each[1] }));

function play(scenario: object, pdfSizeBytes: number | null = null): Notification[] {
  const parsed = parseScenario(JSON.stringify({ provider: 'docusign', ...scenario }), 'test', simulators);
  const [random, shared] = [createRandom('1'), createRandom('account')];
  return docusign.play(parsed, { random, shared, startMs, pdfSizeBytes });
}

type Summary = Record<string, unknown> & {
  recipients: { signers: Record<string, unknown>[]; carbonCopies: Record<string, unknown>[] };
  envelopeDocuments: Record<string, unknown>[];
};
type Message = {
  event: string;
  retryCount: number;
  generatedDateTime: string;
  data: { envelopeId: string; recipientId?: string; envelopeSummary: Summary };
};

function requestOf(notification: Notification, attempt = 1, secrets = ['key']) {
  return notification.request({
    attempt,
    nowMs: startMs,
    firstMs: startMs,
    url: 'https://a.test/',
    secrets,
    signatureHeader: null,
  });
}

function messageOf(notification: Notification, attempt = 1): Message {
  return JSON.parse(requestOf(notification, attempt).body.toString()) as Message;
}

const whole = { people: [anna], steps: steps('create', 'send', ['anna', 'open'], ['anna', 'sign']) };
const events = (scenario: object): string[] => play(scenario).map(({ event }) => event);

/** Every scalar in it, with the names that lead there. */
function* scalars(value: unknown, path = ''): Generator<[path: string, scalar: unknown]> {
  if (typeof value !== 'object' || value === null) yield [path, value];
  else for (const [name, each] of Object.entries(value)) yield* scalars(each, `${path}.${name}`);
}

describe('the shape of a message', () => {
  const guid = { type: 'string', pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' };
  // Every key of the provider facts on Connect's JSON SIM.
  const validate = new Ajv2020().compile({
    type: 'object',
    additionalProperties: false,
    required: ['event', 'uri', 'retryCount', 'configurationId', 'apiVersion', 'generatedDateTime', 'data'],
    properties: {
      event: { type: 'string' },
      uri: { type: 'string', pattern: '^/restapi/v2\\.1/accounts/[^/]+/envelopes/[^/]+$' },
      retryCount: { type: 'integer', minimum: 0 },
      configurationId: { type: 'integer' },
      apiVersion: { const: 'v2.1' },
      generatedDateTime: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{7}Z$' },
      data: {
        type: 'object',
        additionalProperties: false,
        required: ['accountId', 'userId', 'envelopeId', 'envelopeSummary'],
        properties: {
          accountId: guid,
          userId: guid,
          recipientId: { type: 'string', pattern: '^\\d+$' },
          envelopeId: guid,
          envelopeSummary: { type: 'object' },
        },
      },
    },
  });

  test('has every key of the facts and no other', () => {
    for (const notification of play({ ...whole, people: [anna, copy] })) {
      const message = messageOf(notification);
      expect([validate(message), validate.errors]).toEqual([true, null]);
      expect('recipientId' in message.data).toBe(notification.event.startsWith('recipient-'));
      expect(message.data.envelopeId).toBe(notification.subject);
    }
  });

  test('has nothing but strings in its summary, booleans and numbers too', () => {
    for (const notification of play(whole, 2000)) {
      const { envelopeSummary } = messageOf(notification).data;
      const others = [...scalars(envelopeSummary)].filter(([, scalar]) => typeof scalar !== 'string');
      expect(others).toEqual([]);
    }
  });

  test('counts its retries and is the same otherwise', () => {
    const [created] = play(whole);
    const [first, third] = [messageOf(created!, 1), messageOf(created!, 3)];
    expect([first.retryCount, third.retryCount]).toEqual([0, 2]);
    expect({ ...third, retryCount: 0 }).toEqual(first);
  });

  test('is never generated at the time of another', () => {
    const told = play({ people: [anna, bob], steps: steps('create', 'send', 'resend') });
    expect(new Set(told.map((each) => messageOf(each).generatedDateTime)).size).toBe(told.length);
  });

  test('is signed once for each key, in numbered headers', () => {
    const [created] = play(whole);
    const signatures = requestOf(created!, 1, ['new', 'old']).headers.filter(([name]) => name.startsWith('X-DocuSign'));
    expect(signatures.map(([name]) => name)).toEqual(['X-DocuSign-Signature-1', 'X-DocuSign-Signature-2']);
    expect(signatures[0]![1]).not.toBe(signatures[1]![1]);
  });

  test('carries the PDF only when it is completed, and of the size that was asked for', () => {
    const documents = play(whole, 40_000).map((each) => messageOf(each).data.envelopeSummary.envelopeDocuments);
    const sizes = documents.map((each) =>
      each.map(({ PDFBytes }) => Buffer.from((PDFBytes as string | undefined) ?? '', 'base64').length),
    );
    expect(
      sizes
        .slice(0, -1)
        .flat()
        .every((size) => size === 0),
    ).toBe(true);
    expect(sizes.at(-1)).toEqual([40_000, 0]);
  });
});

describe('an envelope', () => {
  test('of one signer is created, sent, delivered and completed', () => {
    expect(events(whole)).toEqual([
      'envelope-created',
      'envelope-sent',
      'recipient-sent',
      'recipient-delivered',
      'envelope-delivered',
      'recipient-completed',
      'envelope-completed',
    ]);
    expect(play(whole).map((each) => messageOf(each).data.envelopeSummary['status'])).toEqual([
      'created',
      'sent',
      'sent',
      'delivered',
      'delivered',
      'completed',
      'completed',
    ]);
  });

  test('in sequence goes to one after the other, and is delivered when the last has seen it', () => {
    const about = { signingOrder: 'SEQUENTIAL' };
    const told = play({
      about,
      people: [anna, bob],
      steps: steps('create', 'send', ['anna', 'open'], ['anna', 'sign'], ['bob', 'open'], ['bob', 'decline']),
    });
    expect(told.map((each) => [each.event, messageOf(each).data.recipientId ?? ''].join(' ').trim())).toEqual([
      'envelope-created',
      'envelope-sent',
      'recipient-sent 1',
      'recipient-delivered 1',
      'recipient-completed 1',
      'recipient-sent 2',
      'recipient-delivered 2',
      'envelope-delivered',
      'recipient-declined 2',
      'envelope-declined',
    ]);
  });

  test('may be voided, corrected, sent again, purged and deleted', () => {
    const sent = (...more: string[]) => events({ people: [anna], steps: steps('create', 'send', ...more) }).slice(3);
    expect(sent('correct', 'resend', 'void', 'purge', 'delete')).toEqual([
      'envelope-corrected',
      'envelope-resent',
      'recipient-resent',
      'envelope-voided',
      'envelope-purge',
      'envelope-deleted',
    ]);
    expect(events({ people: [anna], steps: steps('create', 'discard') }).at(-1)).toBe('envelope-discard');
  });

  test.each([
    ['steps[0]', steps('send')],
    ['steps[1]', steps('create', ['anna', 'sign'])],
    ['steps[2]', steps('create', 'send', ['copy', 'sign'])],
    ['steps[4]', steps('create', 'send', ['anna', 'sign'], ['bob', 'sign'], 'void')],
    ['steps[3]', steps('create', 'send', ['anna', 'decline'], ['anna', 'open'])],
    ['steps[2]', steps('create', 'send', 'discard')],
  ])('cannot do what it cannot: %s of %j', (place, those) => {
    const scenario = { people: [anna, bob, copy], steps: those };
    expect(() => play(scenario)).toThrow(expect.objectContaining({ name: 'ScenarioProblem', place }));
  });
});

test('a message about a template or a clickwrap carries its id', () => {
  const told = play({ steps: steps('create-template', 'agree-clickwrap') }).map(
    (each) => JSON.parse(requestOf(each).body.toString()) as object,
  );
  expect(told).toMatchObject([
    { event: 'template-created', data: { templateId: expect.any(String) } },
    { event: 'click-agreed', data: { clickwrapId: expect.any(String) } },
  ]);
});
