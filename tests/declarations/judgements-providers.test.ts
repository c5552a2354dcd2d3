import { describe, expect, test } from 'vitest';
import {
  judgeTeam,
  teamsOfList,
} from '../../src/readiness/collectors/providers/documenso.team.one-production-team.rules.ts';
import { judgeEventUse } from '../../src/readiness/collectors/providers/documenso.webhook.events-match-use.rules.ts';
import { judgeMissed, readPage } from '../../src/readiness/collectors/providers/documenso.webhook.none-missed.rules.ts';
import { readLookup } from '../../src/readiness/collectors/providers/goroute-lookup.rules.ts';
import {
  judgeOrganisation,
  readOrganisations,
} from '../../src/readiness/collectors/providers/goroute.account.production-organisation.rules.ts';
import { judgeIdentifiers } from '../../src/readiness/collectors/providers/goroute.identifiers.valid-and-own.rules.ts';
import { judgeDocumentTypes } from '../../src/readiness/collectors/providers/goroute.participant.document-types.rules.ts';
import { judgeRegistered } from '../../src/readiness/collectors/providers/goroute.participant.registered.rules.ts';
import {
  judgeTestData,
  testTracesOf,
} from '../../src/readiness/collectors/providers/goroute.traffic.no-test-data.rules.ts';
import { judgeTransactions } from '../../src/readiness/collectors/providers/goroute.transactions.settled.rules.ts';
import { judgeRegistration } from '../../src/readiness/collectors/providers/goroute.webhook.registered-for-production.rules.ts';
import { judgeSourceAddresses } from '../../src/readiness/collectors/providers/goroute.webhook.source-addresses-allowed.rules.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');

describe('documenso.team.one-production-team', () => {
  const list = { status: 200, problem: null, teams: ['17'] };
  const facts = { concerned: true, declared: '17', list, webhookTeams: ['17'] } as const;
  test.each([
    [{}, 'passed'],
    [{ declared: null }, 'unknown'],
    [{ list: { ...list, teams: ['17', '18'] } }, 'failed'],
    [{ list: { ...list, teams: [null] } }, 'failed'],
    [{ webhookTeams: ['99'] }, 'failed'],
    [{ list: { ...list, status: 401 } }, 'failed'],
    [{ list: { ...list, status: 500 } }, 'unknown'],
    [{ list: { ...list, teams: [] }, webhookTeams: [] }, 'unknown'],
  ])('%o: %s', (change, state) => {
    expect(judgeTeam({ ...facts, ...change }).state).toBe(state);
  });

  test('teams are read from the list, and missing ones are seen', () => {
    expect(teamsOfList('{"data":[{"teamId":17},{"teamId":null},{}]}')).toEqual(['17', null, null]);
    expect(teamsOfList('<html>')).toEqual([]);
  });
});

describe('documenso.webhook.events-match-use', () => {
  const needed = ['DOCUMENT_COMPLETED', 'DOCUMENT_REJECTED'];
  const facts = { provider: 'documenso', declared: { needed, unhandled: [] }, came: needed, taken: needed };
  test.each([
    [{}, 'passed'],
    [{ declared: null }, 'unknown'],
    [{ provider: 'docusign' }, 'not-applicable'],
    [{ came: ['DOCUMENT_COMPLETED'] }, 'failed'],
    [{ taken: ['DOCUMENT_COMPLETED'] }, 'failed'],
    [{ declared: { needed: ['DOCUMENT_COMPLETED'], unhandled: [] } }, 'failed'],
    [{ came: [...needed, 'DOCUMENT_OPENED'] }, 'failed'],
    [{ came: [...needed, 'DOCUMENT_OPENED'], taken: [...needed, 'DOCUMENT_OPENED'] }, 'passed'],
    [
      { came: [...needed, 'DOCUMENT_OPENED'], declared: { needed, unhandled: [{ eventType: 'DOCUMENT_OPENED' }] } },
      'passed',
    ],
  ])('%o: %s', (change, state) => {
    expect(judgeEventUse({ ...facts, ...change }).state).toBe(state);
  });
});

describe('documenso.webhook.none-missed', () => {
  const ended = [{ id: 'envelope_1', status: 'COMPLETED', endedAtMs: nowMs }];
  test.each([
    [{ ended, known: ['envelope_1'] }, null, 'passed'],
    [{ ended, known: [] }, null, 'failed'],
    [{ ended, known: [] }, 'cut', 'failed'],
    [{ ended, known: ['envelope_1'] }, 'cut', 'unknown'],
    [{ ended: [], known: [] }, null, 'unknown'],
  ])('%o, %s: %s', (facts, obstacle, state) => {
    expect(judgeMissed({ concerned: true, obstacle, ...facts }).state).toBe(state);
  });

  test('a page is read as far as it can be', () => {
    const data = [{ id: 'envelope_1', status: 'COMPLETED', completedAt: '2026-11-20T12:00:00Z' }, { id: 5 }];
    expect(readPage(JSON.stringify({ data, totalPages: 3 }))).toEqual({ documents: ended, pages: 3 });
    expect(readPage('{"error":"no"}')).toBeNull();
    expect(readPage('null')).toBeNull();
    expect(readPage('<')).toBeNull();
  });
});

describe('goroute.account.production-organisation', () => {
  const read = (body: object) => ({ status: 200, problem: null, ...readOrganisations(JSON.stringify(body)) });
  const own = { id: 'org_1', participants: [{ scheme: '0192', identifier: '974760673' }] };
  const facts = {
    concerned: true,
    answer: read({ organizations: [own] }),
    identifiers: [{ scheme: '0192', value: '974760673' }],
    organisation: 'org_1',
    webhookOrganisations: ['org_1'],
  } as const;
  test.each([
    [{}, 'passed'],
    [{ answer: read({ organizations: [{ ...own, peppol_id: '0192:974760673', participants: [] }] }) }, 'passed'],
    [{ answer: read({ organizations: [{ id: 'org_2' }] }) }, 'failed'],
    [{ answer: read({ organizations: [{ ...own, environment: 'sandbox' }] }) }, 'failed'],
    [{ answer: read({ organizations: [{ ...own, is_sandbox: true }] }) }, 'failed'],
    [{ answer: read({ organizations: [{ ...own, is_sandbox: false }] }) }, 'passed'],
    [{ webhookOrganisations: ['org_1', 'org_2'] }, 'failed'],
    [{ organisation: null }, 'unknown'],
    [{ identifiers: [] }, 'unknown'],
    [{ answer: { status: 503, problem: null, texts: [], sandboxMarks: 0 } }, 'unknown'],
    [{ answer: { status: 403, problem: null, texts: [], sandboxMarks: 0 } }, 'failed'],
  ])('%o: %s', (change, state) => {
    expect(judgeOrganisation({ ...facts, ...change }).state).toBe(state);
  });
});

describe('goroute.identifiers.valid-and-own', () => {
  const own = { scheme: '0192', value: '974760673', owner: 'own', proof: 'register' } as const;
  const legalEntity = { name: 'A', country: 'NO', identifiers: [{ scheme: '0192', value: '974760673' }] };
  const facts = { concerned: true, participants: [own], legalEntity };
  test.each([
    [{}, 'passed'],
    [{ participants: [{ ...own, value: '974760674' }] }, 'failed'],
    [{ participants: [own, { scheme: '0001', value: '1', owner: 'partner' as const }] }, 'failed'],
    [{ participants: [own, { scheme: '9915', value: 'reject-all', owner: 'partner' as const }] }, 'failed'],
    [{ participants: [{ scheme: '0192', value: '974760673', owner: 'own' as const }] }, 'failed'],
    [{ participants: [{ ...own, scheme: '0088', value: '7300010000001' }] }, 'failed'],
    [{ legalEntity: { ...legalEntity, identifiers: [{ scheme: 'VAT', value: 'NO974760673MVA' }] } }, 'passed'],
    [{ participants: [] }, 'unknown'],
    [{ legalEntity: null }, 'unknown'],
    [{ concerned: false }, 'not-applicable'],
  ])('%o: %s', (change, state) => {
    expect(judgeIdentifiers({ ...facts, ...change }).state).toBe(state);
  });
});

const lookup = (body: object, status = 200) => readLookup('0192:974760673', { status, body: JSON.stringify(body) });

describe('goroute.participant.registered', () => {
  const expected = { identifier: '0192:974760673', name: 'Ready AS', country: 'NO', accessPoint: 'ap_1' };
  const judge = (body: object, status = 200) =>
    judgeRegistered({ concerned: true, participants: [expected], lookups: [lookup(body, status)] }).state;
  test.each([
    [{ registered: true, access_point: 'ap_1', document_types: [] }, 200, 'passed'],
    [{ found: true, capabilities: [] }, 200, 'passed'],
    [{ found: false, capabilities: [] }, 200, 'failed'],
    [{}, 404, 'failed'],
    [{ registered: true, access_point: 'ap_2' }, 200, 'failed'],
    [{ registered: true, access_point: ['ap_1', 'ap_2'] }, 200, 'failed'],
    [{ found: true, name: 'Another AS' }, 200, 'failed'],
    [{ found: true, name: 'ready as', country: 'NO' }, 200, 'passed'],
    [{}, 500, 'unknown'],
  ])('%o with %i: %s', (body, status, state) => {
    expect(judge(body, status)).toBe(state);
  });

  test('who was not looked up is not said to be registered', () => {
    const facts = { concerned: true, participants: [expected, expected], lookups: [lookup({ found: true })] } as const;
    expect(judgeRegistered(facts).state).toBe('unknown');
    expect(judgeRegistered({ concerned: true, participants: [], lookups: [] }).state).toBe('unknown');
  });
});

describe('goroute.participant.document-types', () => {
  const types = [
    { name: 'invoice', identifier: 'urn:invoice' },
    { name: 'credit note', identifier: 'urn:credit-note' },
  ];
  const judge = (body: object, documentTypes: typeof types | null = types) =>
    judgeDocumentTypes({ concerned: true, own: 1, documentTypes, lookups: [lookup(body)] }).state;
  test.each([
    [{ found: true, capabilities: ['urn:invoice', 'urn:credit-note'] }, 'passed'],
    [{ registered: true, document_types: ['urn:invoice', 'urn:credit-note'] }, 'passed'],
    [{ found: true, capabilities: ['urn:invoice'] }, 'failed'],
    [{ found: true, capabilities: ['urn:invoice', 'urn:credit-note', 'urn:order'] }, 'failed'],
    [{ found: false }, 'unknown'],
  ])('%o: %s', (body, state) => {
    expect(judge(body)).toBe(state);
  });
  test('without types that are declared nothing is decided', () => {
    expect(judge({ found: true }, null)).toBe('unknown');
  });
});

describe('goroute.traffic.no-test-data', () => {
  test.each([
    ['{"receiver":"9915:phase4-test-receiver"}', ['the test receiver 9915:phase4-test-receiver']],
    ['{"receiver":"0088:7300010000001"}', []],
    ['{"iban":"IBAN32423940"}', ['the published example IBAN32423940']],
    ['{"issue_date":"2026-11-01"}', []],
    ['{"issue_date":"2024-11-01"}', ['a date more than a year off']],
    ['{"payable_amount":0}', ['a total of zero']],
    ['{"payable_amount":"0.00"}', ['a total of zero']],
    ['{"payable_amount":12.5,"discount":0}', []],
    ['<Invoice><cbc:IssueDate>2017-11-13</cbc:IssueDate></Invoice>', ['a date more than a year off']],
    ['<cbc:PayableAmount currencyID="EUR">0</cbc:PayableAmount>', ['a total of zero']],
    ['{"xml":"<cbc:PayableAmount>0</cbc:PayableAmount>"}', ['a total of zero']],
    ['{"at":"12:30:45"}', []],
  ])('%s holds %o', (text, traces) => {
    expect(testTracesOf(text, nowMs)).toEqual(traces);
  });

  test('tests at launch are left out, and nothing read is not said to be clean', () => {
    const facts = { concerned: true, received: 3, sent: 0, sentWithoutBody: 0 } as const;
    const traces = [{ subject: 'txn_1', what: 'a total of zero' }];
    expect(judgeTestData({ ...facts, traces, launchTests: [] }).state).toBe('failed');
    expect(judgeTestData({ ...facts, traces, launchTests: ['txn_1'] }).state).toBe('passed');
    expect(judgeTestData({ ...facts, received: 0, traces: [], launchTests: [] }).state).toBe('unknown');
  });
});

describe('goroute.transactions.settled', () => {
  const facts = {
    concerned: true,
    sends: 100,
    known: 100,
    toldByWebhook: 100,
    foundByReading: 0,
    open: [] as string[],
    failed: 1,
    failuresHaveTaker: true,
  };
  test.each([
    [{}, 'passed'],
    [{ open: ['txn_1'], toldByWebhook: 99 }, 'failed'],
    [{ toldByWebhook: 99, foundByReading: 1 }, 'passed'],
    [{ toldByWebhook: 97, foundByReading: 3 }, 'failed'],
    [{ known: 99, toldByWebhook: 99 }, 'failed'],
    [{ failuresHaveTaker: false }, 'failed'],
    [{ sends: 0, known: 0, toldByWebhook: 0 }, 'unknown'],
    [{ sends: 0, known: 3, toldByWebhook: 0 }, 'unknown'],
    [{ concerned: false }, 'not-applicable'],
  ])('%o: %s', (change, state) => {
    expect(judgeTransactions({ ...facts, ...change }).state).toBe(state);
  });
});

describe('goroute.webhook.registered-for-production', () => {
  const url = 'https://hooks.example.com/in/src_1';
  const events = ['transaction.delivered', 'transaction.failed'];
  const registration = { url, active: true, events };
  const facts = { provider: 'goroute', url, registrations: [registration], needed: events, came: events };
  test.each([
    [{}, 'passed'],
    [{ registrations: [{ ...registration, url: 'https://staging.example.com/in/src_1' }] }, 'failed'],
    [{ registrations: [registration, { ...registration, url: 'https://old.example.com/?key=1' }] }, 'failed'],
    [{ registrations: [{ ...registration, active: false }] }, 'failed'],
    [{ needed: [...events, 'document.received'] }, 'failed'],
    [{ came: ['transaction.delivered'] }, 'failed'],
    [{ registrations: [] }, 'unknown'],
    [{ needed: null }, 'unknown'],
    [{ provider: 'documenso' }, 'not-applicable'],
  ])('%o: %s', (change, state) => {
    const found = judgeRegistration({ ...facts, ...change });
    expect(found.state).toBe(state);
    expect(found.seen).not.toContain('key=1');
  });

  test('over http it fails', () => {
    const plain = url.replace('https', 'http');
    expect(judgeRegistration({ ...facts, url: plain, registrations: [{ ...registration, url: plain }] }).state).toBe(
      'failed',
    );
  });
});

describe('goroute.webhook.source-addresses-allowed', () => {
  const declared = { addresses: ['192.0.2.0/28'], statedOn: '2026-11-01', statedBy: 'support' };
  const facts = { provider: 'goroute', allowAddresses: ['192.0.2.0/28'], declared, refused: [] as string[] };
  test.each([
    [{}, 'passed'],
    [{ allowAddresses: ['192.0.2.0/29'] }, 'failed'],
    [{ allowAddresses: ['192.0.2.0/24'] }, 'failed'],
    [{ allowAddresses: ['192.0.2.0/28', '198.51.100.1'] }, 'failed'],
    [{ declared: { ...declared, statedOn: '2026-08-01' } }, 'failed'],
    [{ refused: ['192.0.2.3'] }, 'failed'],
    [{ refused: ['203.0.113.9'] }, 'passed'],
    [{ declared: null }, 'unknown'],
    [{ declared: { ...declared, addresses: null } }, 'unknown'],
    [{ allowAddresses: null }, 'not-applicable'],
    [{ provider: 'documenso' }, 'not-applicable'],
  ])('%o: %s', (change, state) => {
    expect(judgeSourceAddresses({ ...facts, ...change }, nowMs).state).toBe(state);
  });
});
