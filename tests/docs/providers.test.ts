import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Coverage, ProviderProfile } from '../../src/providers/provider-profile.ts';
import { allProfiles, findProfile, providerNames } from '../../src/providers/registry.ts';
import { optionSetsOf } from '../providers/credentials-of.ts';
import { expectExcerpt } from './excerpt.ts';
import { blockOf, pageAt, root, tableRows } from './pages.ts';

const page = pageAt('docs/providers.md');
const rows = tableRows(page, 'provider');
const ways = tableRows(page, 'set up');
const inWords: Record<Coverage, string> = { body: 'the whole body', sender: 'the sender', fields: 'a few fields' };

/** With each kind of credential alone, whatever the options: said once where it is the same for all of them. */
function coverageInWords(profile: ProviderProfile): string {
  const kinds = Object.keys(profile.credentialKinds).map((kind) => {
    const coverages = optionSetsOf(profile).map((options) => profile.coverageOf(new Set([kind]), options));
    return { kind, words: [...new Set(coverages)].map((coverage) => inWords[coverage]).join(' or ') };
  });
  const [first = ''] = kinds.map(({ words }) => words);
  if (kinds.every(({ words }) => words === first)) return first;
  return kinds.map(({ kind, words }) => `\`${kind}\`: ${words}`).join('; ');
}

describe('docs/providers.md', () => {
  test('has every provider once, in order', () => {
    for (const table of [rows, ways]) expect(table.map(([name]) => name)).toEqual(providerNames);
  });

  test.each(allProfiles().map((profile) => [profile.name, profile] as const))('tells %s as it is', (name, profile) => {
    const [, title, proof = '', covers, credentials] = rows.find(([first]) => first === name) ?? [];
    const [, setup] = ways.find(([first]) => first === name) ?? [];
    expect({ title, covers, credentials, setup }).toEqual({
      title: profile.title,
      covers: coverageInWords(profile),
      // The only one loses its back-ticks on the way out of the table.
      credentials: Object.keys(profile.credentialKinds)
        .map((kind, _, all) => (all.length === 1 ? kind : `\`${kind}\``))
        .join(', '),
      setup: profile.setup.replaceAll('|', '\\|'),
    });
    expect(proof.length).toBeGreaterThan(10);
  });

  test('says in the table of coverages what each is called', () => {
    expect(Object.fromEntries(tableRows(page, 'coverage').map(([coverage, words]) => [coverage, words]))).toEqual(
      inWords,
    );
  });

  test('shows an example that is a real profile, and its real test', () => {
    const example = blockOf(page, 'ts', 'profile');
    const [, name = ''] =
      /name: '([a-z-]+)'|const name = '([a-z-]+)'/.exec(example)?.filter((each) => each !== undefined) ?? [];
    expect(findProfile(name)).not.toBeNull();
    const source = (file: string): string => readFileSync(join(root, 'src/providers', name, file), 'utf8');
    expectExcerpt(source('profile.rules.ts'), example);
    expectExcerpt(source('profile.test.ts'), blockOf(page, 'ts', 'test'));
  });
});
