import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Coverage } from '../../src/providers/provider-profile.ts';
import { optionProblem, readOptions } from '../../src/providers/read-options.rules.ts';
import { allProfiles, findProfile, providerNames } from '../../src/providers/registry.ts';
import { credentialsOf, defaultsOf, optionSetsOf } from './credentials-of.ts';
import { brokenPromise, eventTypePattern, reasonsReached } from './promises.ts';

const folder = join(import.meta.dirname, '../../src/providers');
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 150);
const named = allProfiles().map((profile) => [profile.name, profile] as const);
const coverages: readonly Coverage[] = ['body', 'sender', 'fields'];

describe('the catalogue of providers', () => {
  test('has every folder under src/providers, by its name, once and in order', () => {
    const folders = globSync('*/profile.rules.ts', { cwd: folder }).map((path) => basename(dirname(path)));
    expect(providerNames).toEqual(folders.toSorted());
    expect(allProfiles().map(({ name }) => name)).toEqual(providerNames);
  });

  test('finds by name, and nothing that objects inherit', () => {
    for (const profile of allProfiles()) expect(findProfile(profile.name)).toBe(profile);
    for (const name of ['', 'nobody', 'Documenso', '__proto__', 'constructor']) expect(findProfile(name)).toBeNull();
  });

  test('has another title for each', () => {
    expect(new Set(allProfiles().map(({ title }) => title)).size).toBe(providerNames.length);
  });
});

describe.each(named)('%s', (name, profile) => {
  test('has a name, a title and a way to set it up', () => {
    expect(name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(profile.title).toMatch(/^\P{Cc}{3,40}$/u);
    expect(profile.setup).toMatch(/^[A-Z][^\n]{40,600}\.$/);
  });

  test('says of every kind of credential what it is and what is wrong with one', () => {
    const kinds = Object.entries(profile.credentialKinds);
    expect(kinds.length).toBeGreaterThan(0);
    for (const [kind, described] of kinds) {
      const { title, description } = described;
      expect(kind).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(title).not.toBe('');
      expect(description).toMatch(/^[A-Z].{10,500}\.$/);
      for (const bad of ['', ' ', '\n', '\u0000', '\ud800']) expect(described.problemOf(bad)).toMatch(/^[A-Z].*[.]$/s);
    }
    expect(credentialsOf(profile)).toHaveLength(kinds.length);
  });

  test('quotes nothing of a credential that will not do, and never throws over one', () => {
    const values = fc.oneof(fc.string({ unit: 'binary', minLength: 6 }), fc.constant('q'.repeat(100_000)));
    for (const kind of Object.values(profile.credentialKinds)) {
      fc.assert(
        fc.property(values, (value) => {
          const problem = kind.problemOf(value);
          expect(problem === null || !problem.includes(value)).toBe(true);
        }),
      );
    }
  });

  test('has options that describe themselves, with defaults that fit', () => {
    for (const [option, spec] of Object.entries(profile.options)) {
      expect(option).toMatch(/^[a-z][A-Za-z0-9]*$/);
      expect(spec.description).toMatch(/^[A-Z].{10,500}\.$/);
      expect(optionProblem(spec, spec.default)).toBeNull();
    }
    expect(readOptions(profile.options, {}, '')).toEqual({ ok: true, options: defaultsOf(profile), problems: [] });
    for (const options of optionSetsOf(profile)) expect(readOptions(profile.options, options, '').problems).toEqual([]);
    expect(profile.checkOptions?.(defaultsOf(profile)) ?? []).toEqual([]);
  });

  test('can have every choice of every option, alone or with another one', () => {
    const sets = optionSetsOf(profile);
    for (const [option, spec] of Object.entries(profile.options)) {
      const reached = new Set(sets.map((options) => options[option]));
      expect(spec.kind === 'choice' ? spec.choices.filter((choice) => !reached.has(choice)) : []).toEqual([]);
    }
  });

  test('has event types with valid names, each once and with a description', () => {
    const names = profile.eventTypes.map((type) => type.name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name: type, description } of profile.eventTypes) {
      expect(type).toMatch(eventTypePattern);
      expect(type).not.toMatch(/^posthorn\./i);
      expect(description).toMatch(/^[A-Z].{3,199}$/);
    }
  });

  test('names media types in lower case and without parameters', () => {
    for (const type of profile.contentTypes ?? []) expect(type).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/);
  });

  test('knows what it proves with any kinds and options', () => {
    const kinds = Object.keys(profile.credentialKinds);
    for (const options of optionSetsOf(profile)) {
      for (const some of [[], kinds, ...kinds.map((kind) => [kind])]) {
        expect(coverages).toContain(profile.coverageOf(new Set(some), options));
      }
    }
  });

  test('keeps its promises about whatever comes', () => {
    expect(brokenPromise(profile, { numRuns })).toBeNull();
  });

  test('is asked so well that it gets as far as comparing', () => {
    expect(reasonsReached(profile)).toContain('signature_mismatch');
  });
});
