import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApiProfile, ApiRequest } from './api-profile.ts';
import { allApiProfiles, findApiProfile } from './api-registry.ts';
import { optionProblem, readOptions } from './read-options.rules.ts';
import { findProfile } from './registry.ts';

const profiles = allApiProfiles();
const named = profiles.map((profile) => [profile.name, profile] as const);
const environments = ['sandbox', 'production'] as const;

const roots = ['/api/v1', '/api/v2', '/restapi/v2.1/accounts/1', '/peppol-api/api/v1', '/peppol-api', '/oauth', ''];
const segment = fc.oneof(
  fc.constantFrom(
    ...'envelope envelopes documents document templates transactions certificate download item lookup'.split(' '),
  ),
  fc.constantFrom(
    'AAA',
    '__proto__',
    'constructor',
    '..',
    '%',
    '%2f',
    '%ff',
    '',
    '{envelopeId}',
    'status',
    'a'.repeat(400),
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const path = fc
  .tuple(fc.constantFrom(...roots), fc.array(segment, { maxLength: 8 }))
  .map(([root, rest]) => [root, ...rest].join('/'));
const method = fc.oneof(
  fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'get'),
  fc.string({ maxLength: 8 }),
);
const request: fc.Arbitrary<ApiRequest> = fc.record({
  method,
  path: fc.oneof(path, fc.string({ unit: 'binary' })),
  query: fc.dictionary(fc.string(), fc.string()).map((pairs) => new URLSearchParams(pairs)),
});
const headerName = fc.constantFrom(
  ...'x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset x-burstlimit-limit x-burstlimit-remaining retry-after'.split(
    ' ',
  ),
);
const headerValue = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('', ' 7 ', '1e9', 'soon', '999999999999999999'),
  fc.string(),
);
const headers = fc.dictionary(headerName, headerValue).map((pairs) => new Map(Object.entries(pairs)));
const body = fc.oneof(
  fc.json(),
  fc.string(),
  fc
    .record({ error: fc.anything(), code: fc.anything(), errorCode: fc.anything(), data: fc.anything() })
    .map((value) => {
      try {
        return JSON.stringify(value);
      } catch {
        return '{';
      }
    }),
);

describe('the catalogue of APIs', () => {
  test('finds by name, and nothing that objects inherit', () => {
    for (const profile of profiles) expect(findApiProfile(profile.name)).toBe(profile);
    for (const name of ['', 'nobody', 'DocuSign', '__proto__']) expect(findApiProfile(name)).toBeNull();
  });

  test('is in the order of names, and each is a provider of webhooks too', () => {
    expect(profiles.map(({ name }) => name)).toEqual(profiles.map(({ name }) => name).toSorted());
    for (const { name } of profiles) expect(findProfile(name)?.name).toBe(name);
  });
});

describe.each(named)('the API of %s', (name, profile) => {
  test('says what it is and how to get credentials', () => {
    expect(profile.title).toMatch(/^\P{Cc}{3,40}$/u);
    expect(profile.setup).toMatch(/^[A-Z][^\n]{40,400}\.$/);
    expect(profile.credentialKinds.length).toBeGreaterThan(0);
  });

  test('has base URLs over https, on its own hosts, without a slash at their end', () => {
    for (const environment of environments) {
      const { baseUrl, hosts } = profile.environments[environment];
      if (baseUrl !== null) {
        expect(baseUrl).toMatch(/^https:\/\/[^/]+(?:\/[a-z-]+)*$/);
        expect(hosts).toContain(new URL(baseUrl).hostname);
      }
      for (const host of hosts) expect(host).toMatch(/^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+$/);
    }
  });

  test('has options whose defaults it takes', () => {
    for (const spec of Object.values(profile.options)) expect(optionProblem(spec, spec.default)).toBeNull();
    expect(readOptions(profile.options, undefined, '/options').ok).toBe(true);
  });

  test('reads and uses up only budgets that it has, or the operator’s own', () => {
    const known = new Set(environments.flatMap((each) => profile.budgets(each).map((budget) => budget.name)));
    fc.assert(
      fc.property(request, headers, fc.integer({ min: 0, max: 4e12 }), (call, given, nowMs) => {
        for (const reading of profile.readBudgets(given, nowMs, call)) {
          expect(known).toContain(reading.budget);
          for (const number of [reading.limit, reading.remaining, reading.resetAtMs]) {
            if (number !== null) expect(Number.isSafeInteger(number) && number >= 0).toBe(true);
          }
        }
        expect([...known, 'calls']).toEqual(expect.arrayContaining([...profile.budgetsOf(call)]));
      }),
    );
  });

  test('names every call without throwing, in words that hold none of its ids', () => {
    fc.assert(
      fc.property(request, (call) => {
        const operation = profile.operationOf(call);
        expect(operation.name).toMatch(/^[a-z-]+(?:\.[a-z-]+)*$/);
        expect(operation.template).toMatch(/^\/(?:[a-zA-Z0-9._{}*-]+\/?)*$/);
        expect(operation.subject === null || operation.subject.length <= 200).toBe(true);
        if (/^(?:PATCH|patch)$/.test(call.method)) expect(operation.repeatable).toBe(false);
        if (call.method === 'GET') expect(operation.repeatable).toBe(true);
      }),
    );
  });

  test('judges polling and caching of GET alone, and equally for equal calls', () => {
    fc.assert(
      fc.property(request, (call) => {
        const resource = profile.polling?.resourceOf(call) ?? null;
        expect(profile.polling?.resourceOf(call) ?? null).toBe(resource);
        if (call.method.toUpperCase() !== 'GET') expect([resource, profile.isImmutable(call)]).toEqual([null, false]);
      }),
    );
  });

  test('reads answers of any kind without throwing, and gives codes but no prose', () => {
    fc.assert(
      fc.property(request, body, fc.integer({ min: 100, max: 599 }), headers, (call, text, status, given) => {
        const { errorCode } = profile.readFailure(status, Buffer.from(text), given);
        if (errorCode !== null) expect(errorCode).toMatch(/^[A-Za-z0-9_.:-]{1,100}$/);
        const subject = profile.completedBy(call, parsed(text));
        expect(subject === null || subject === profile.operationOf(call).subject).toBe(true);
      }),
    );
  });

  test('checks a connection with a call that it knows, where it can', () => {
    const check = profile.check(readOptions(profile.options, undefined, '/options').options);
    if (check === null) return expect(['docusign', 'generic']).toContain(name);
    expect(operationBelow(profile, check.path)).not.toMatch(/\.other$/);
  });
});

/** The name of a GET below the base URL of production. */
function operationBelow(profile: ApiProfile, below: string): string {
  const { pathname, searchParams } = new URL(`${profile.environments.production.baseUrl ?? 'https://host'}${below}`);
  return profile.operationOf({ method: 'GET', path: pathname, query: searchParams }).name;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
