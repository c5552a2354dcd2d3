import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../src/configuration/settings.rules.ts';
import { sections } from '../../src/readiness/catalogue/sections.rules.ts';
import { parseTimeToLive } from '../../src/readiness/catalogue/time-to-live.rules.ts';
import type { CheckDefinition } from '../../src/readiness/check-definition.ts';
import { coverageOf } from '../../src/readiness/coverage.rules.ts';
import { loadCatalogue } from '../../src/readiness/load-catalogue.ts';
import { withTables } from './catalogue-tables.ts';

const root = join(import.meta.dirname, '../..');
const catalogue = loadCatalogue();
const checks = [...catalogue.checks.values()];
const checklists = [...catalogue.checklists.values()];
const fiveSources = checklists.filter(({ id }) => id !== 'posthorn-default');

describe('the catalogue that ships', () => {
  test('has 290 checks, and 403 items from five sources, 378 of which need no person', () => {
    const count = (kind: CheckDefinition['kind']): number => checks.filter((check) => check.kind === kind).length;
    // 172 and 103 are required; one is decided from what is on record, and not by a drill.
    expect([checks.length, count('automatic'), count('drill'), count('attested')]).toEqual([290, 173, 102, 15]);
    expect(fiveSources).toHaveLength(5);
    const all = new Set(checks.map(({ id }) => id));
    const covered = coverageOf(
      { ...catalogue, checklists: new Map(fiveSources.map((each) => [each.id, each])) },
      {
        shipped: all,
        waiting: new Map(),
      },
    );
    const sum = (field: 'items' | 'decided' | 'withoutPeople' | 'waiting'): number =>
      covered.reduce((total, each) => total + each[field], 0);
    expect([sum('items'), sum('decided'), sum('withoutPeople'), sum('waiting')]).toEqual([403, 378, 378, 0]);
  });

  test('has no check that no checklist asks for, but ones that say so', () => {
    const asked = new Set(checklists.flatMap(({ items }) => items.flatMap((item) => item.checks)));
    expect(checks.map(({ id }) => id).filter((id) => !asked.has(id))).toEqual([]);
  });

  test('says of every check what is measured and when it passes, or who attests it', () => {
    const unclear = checks.filter(({ kind, evidence }) =>
      kind === 'attested' ? !evidence.startsWith('Attested by ') : !/\bPasses when\b/.test(evidence),
    );
    expect(unclear.map(({ id }) => id)).toEqual([]);
  });

  test('has titles without a full stop, and sentences with one', () => {
    const isSentence = (text: string): boolean => /^[\p{Lu}\d/"].*\.$/su.test(text) || /^posthorn .*\.$/s.test(text);
    const wrong = checks.filter(
      ({ title, evidence, remedy, brokenBy }) =>
        title.endsWith('.') || title.length > 110 || ![evidence, remedy, brokenBy ?? 'None.'].every(isSentence),
    );
    expect(wrong.map(({ id }) => id)).toEqual([]);
    expect(new Set(checks.map(({ title }) => title)).size).toBe(checks.length);
  });

  test('names settings, and values of policies, that are there', () => {
    const policies = readFileSync(join(root, 'docs/connections.md'), 'utf8');
    const missing = checks.flatMap(({ id, evidence, remedy, brokenBy }) => {
      const text = `${evidence} ${remedy} ${brokenBy ?? ''}`;
      const named = [...text.matchAll(/\bPOSTHORN_[A-Z_]*[A-Z]\b/g)].map(([name]) => name);
      const values = text.matchAll(
        /\b(?:timeouts|retries|concurrency|budget|breaker|polling|cache|ledger)\.[a-zA-Z]+/g,
      );
      return [
        ...named.filter((name) => !(name in settings)),
        ...[...values].map(([value]) => value).filter((value) => !policies.includes(`\`${value}\``)),
      ].map((name) => `${id}: ${name}`);
    });
    expect(missing).toEqual([]);
  });

  test('is in the package that npm publishes', () => {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
    });
    const packed = JSON.parse(stdout) as
      | { files: { path: string }[] }[]
      | Record<string, { files: { path: string }[] }>;
    const [first] = Object.values(packed);
    const files = new Set(first?.files.map(({ path }) => path));
    const own = globSync('readiness/**/*.yaml', { cwd: root });
    expect(own).toHaveLength(sections.length + checklists.length + 1);
    expect(own.filter((path) => !files.has(path))).toEqual([]);
  });

  test('is described by its page, whose tables are made from it', async () => {
    const path = join(root, 'docs/readiness-catalogue.md');
    const page = readFileSync(path, 'utf8');
    expect([...page.matchAll(/<!-- generated: (\w+) -->/g)].map(([, name]) => name)).toEqual([
      'sections',
      'checklists',
      'checks',
    ]);
    // To write the tables anew: vitest run tests/readiness/catalogue.test.ts -u
    await expect(withTables(page, catalogue)).toMatchFileSnapshot(path);
  });

  test('its page names checks and checklists that are there', () => {
    const page = readFileSync(join(root, 'docs/readiness-catalogue.md'), 'utf8');
    const [, differs = ''] = /^## Where this differs\n([\s\S]*?)^## /m.exec(page) ?? [];
    const named = [...differs.matchAll(/`([a-z0-9-]+(?:\.[a-z0-9-]+)+)`/g)].map(([, id]) => id ?? '');
    expect(named.length).toBeGreaterThan(20);
    const isKnown = (id: string): boolean => catalogue.checks.has(id) || /\.(?:yaml|mode|most)$/.test(id);
    expect(named.filter((id) => !isKnown(id))).toEqual([]);
  });
});

const requirements = join(root, '../shared/readiness');

/** Decided in another way than is required: docs/readiness-catalogue.md says why. */
const otherKinds: Readonly<Record<string, CheckDefinition['kind']>> = {
  'documenso.verify.ran-before-deployment': 'automatic',
};

/** What the requirements say, where they are at hand. */
type Required = { id: string; subject: string; severity: string; kind: string; ttl: string; [text: string]: string };
type RequiredList = { id: string; items: { ref: string; says: string; phase: string; checks: string[] }[] };
const readAll = <Entry>(kind: string): Entry[] =>
  globSync(`${kind}/*.yaml`, { cwd: requirements }).flatMap(
    (path) => parse(readFileSync(join(requirements, path), 'utf8')) as Entry | Entry[],
  );

describe.skipIf(!existsSync(requirements))('beside the requirements (skipped where they are not at hand)', () => {
  const required = readAll<Required>('checks');
  const requiredLists = readAll<RequiredList>('checklists');

  test('every check has the subject, severity, kind and time to live that is required, but for kinds that are said to differ', () => {
    const facts = (check: CheckDefinition | undefined) => [
      check?.id,
      check?.subject,
      check?.severity,
      check?.kind,
      check?.ttlSeconds,
    ];
    expect(required).toHaveLength(checks.length);
    for (const { id, subject, severity, kind, ttl } of required) {
      expect(facts(catalogue.checks.get(id))).toEqual([
        id,
        subject,
        severity,
        otherKinds[id] ?? kind,
        parseTimeToLive(ttl),
      ]);
    }
    expect(required.filter(({ id, kind }) => otherKinds[id] === kind)).toEqual([]);
  });

  test('every item has its number, phase and checks', () => {
    const shape = (items: readonly { ref: string; phase: string; checks: readonly string[] }[]) =>
      items.map(({ ref, phase, checks: named }) => [ref, phase, named]);
    expect(requiredLists).toHaveLength(checklists.length);
    for (const { id, items } of requiredLists) {
      expect(shape(catalogue.checklists.get(id)?.items ?? [])).toEqual(shape(items));
    }
  });

  test('no sentence of more than six words is theirs', () => {
    const sentencesOf = (text: string): string[] =>
      text
        .split(/(?<=[.;:?!])\s+/)
        .map((sentence) =>
          sentence
            .toLowerCase()
            .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
            .trim(),
        )
        .filter((sentence) => sentence.split(' ').length > 6);
    const theirs = new Set([
      ...required.flatMap(({ title, evidence, broken_by, remedy }) =>
        [title, evidence, broken_by, remedy].flatMap((text) => sentencesOf(text ?? '')),
      ),
      ...requiredLists.flatMap(({ items }) => items.flatMap(({ says }) => sentencesOf(says))),
    ]);
    expect(theirs.size).toBeGreaterThan(1000);
    const ours = [
      ...checks.map((check) => ({
        where: check.id,
        texts: [check.title, check.evidence, check.brokenBy, check.remedy],
      })),
      ...checklists.flatMap(({ id, items }) =>
        items.map(({ ref, says }) => ({ where: `${id} ${ref}`, texts: [says] })),
      ),
    ];
    const copied = ours.flatMap(({ where, texts }) =>
      texts
        .flatMap((text) => sentencesOf(text ?? ''))
        .filter((sentence) => theirs.has(sentence))
        .map((sentence) => `${where}: ${sentence}`),
    );
    expect(copied).toEqual([]);
  });
});
