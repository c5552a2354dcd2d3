import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tellMistake } from './located.rules.ts';
import { CatalogueError, readCatalogue } from './read-catalogue.ts';
import { sections } from './sections.rules.ts';
import { parseTimeToLive } from './time-to-live.rules.ts';

const good = {
  'checks/security.yaml': `- id: door.locked
  title: The door is locked
  subject: gateway
  severity: blocker
  kind: automatic
  evidence: Pulls the handle. Passes when it holds.
  ttl: 24h
  broken_by: Somebody unlocks it.
  remedy: Lock it.

- id: door.key.known
  title: Somebody knows who has a key
  subject: organisation
  severity: minor
  kind: attested
  evidence: >-
    Attested by whoever
    keeps the keys.
  ttl: 365d
  remedy: Count the keys.
`,
  'checklists/house.yaml': `id: house
title: A house
signoffs: [security]
items:
  - ref: 1.10
    says: It is safe
    phase: prepare
    checks: [door.locked, door.key.known]
`,
};

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-catalogue-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** The mistakes as they are told, with paths below the folder. */
function mistakesIn(...folders: Record<string, string>[]): string[] {
  const made = folders.map(folderOf);
  try {
    readCatalogue(made);
    return [];
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error;
    return error.mistakes.map((each) => {
      const inside = made.find((folder) => each.file.startsWith(folder)) ?? '';
      return tellMistake({ ...each, file: relative(inside, each.file) });
    });
  }
}

const changed = (path: keyof typeof good, from: string, to: string): Record<string, string> => {
  if (!good[path].includes(from)) throw new Error(`${path} has no ${from}`);
  return { ...good, [path]: good[path].replace(from, to) };
};

describe('reading a catalogue', () => {
  test('takes what is sound, every scalar as it is written', () => {
    const { checks: read, checklists: lists } = readCatalogue([folderOf(good)]);
    expect(read.get('door.locked')).toEqual({
      id: 'door.locked',
      title: 'The door is locked',
      section: 'security',
      subject: 'gateway',
      severity: 'blocker',
      kind: 'automatic',
      evidence: 'Pulls the handle. Passes when it holds.',
      ttlSeconds: 86_400,
      brokenBy: 'Somebody unlocks it.',
      remedy: 'Lock it.',
    });
    expect(read.get('door.key.known')).toMatchObject({
      evidence: 'Attested by whoever keeps the keys.',
      brokenBy: null,
      ttlSeconds: 31_536_000,
    });
    expect(lists.get('house')?.items.map(({ ref }) => ref)).toEqual(['1.10']);
  });

  test('takes who has to confirm an attestation as nobody, unless it is said', () => {
    const said = changed('checks/security.yaml', '  kind: attested', '  kind: attested\n  needs_review: true');
    expect(readCatalogue([folderOf(said)]).checks.get('door.key.known')?.needsReview).toBe(true);
    expect(readCatalogue([folderOf(good)]).checks.get('door.key.known')).not.toHaveProperty('needsReview');
  });

  test('adds further folders, and refuses what is there already', () => {
    const more = { 'checks/launch.yaml': good['checks/security.yaml'].replaceAll('door.', 'gate.') };
    expect(readCatalogue([folderOf(good), folderOf(more)]).checks.size).toBe(4);
    expect(mistakesIn(good, { 'checks/launch.yaml': good['checks/security.yaml'] })).toEqual([
      'checks/launch.yaml:1 there is another check door.locked; give each an id of its own',
      'checks/launch.yaml:11 there is another check door.key.known; give each an id of its own',
    ]);
    expect(mistakesIn(good, { 'checklists/house.yaml': good['checklists/house.yaml'] })).toEqual([
      'checklists/house.yaml:1 there is another checklist house; name each checklist once',
    ]);
  });

  const check = 'checks/security.yaml';
  const house = 'checklists/house.yaml';
  test.each<[string, Record<string, string>, string]>([
    [
      'a field is missing',
      changed(check, '  severity: blocker\n', ''),
      `${check}:1 a check without severity; give it its severity`,
    ],
    [
      'a field is empty',
      changed(check, 'remedy: Lock it.', 'remedy:'),
      `${check}:9 remedy is empty; give it its remedy`,
    ],
    [
      'a field is none of a check',
      changed(check, '  ttl: 24h', '  ttl: 24h\n  owner: me'),
      `${check}:8 a check has no field owner; the fields are id, title, subject, severity, kind, evidence, remedy, ttl, broken_by, needs_review`,
    ],
    [
      'a choice is none',
      changed(check, 'kind: automatic', 'kind: automated'),
      `${check}:5 kind is "automated"; write one of automatic, drill, attested`,
    ],
    [
      'what is measured is to be confirmed by somebody',
      changed(check, '  ttl: 24h', '  ttl: 24h\n  needs_review: true'),
      `${check}:8 a check that is automatic has needs_review; take it out: nobody attests it`,
    ],
    [
      'a subject is none',
      changed(check, 'subject: gateway', 'subject: node'),
      `${check}:3 subject is "node"; write one of gateway, team, source, endpoint, connection, organisation`,
    ],
    [
      'a time is none',
      changed(check, 'ttl: 24h', 'ttl: 1 day'),
      `${check}:7 ttl is "1 day"; write hours or days up to a year, such as 24h or 7d`,
    ],
    [
      'an id is none',
      changed(check, 'id: door.locked', 'id: Door'),
      `${check}:1 id is "Door"; write words of small letters, parted by dots, such as webhook.secret.rotates`,
    ],
    [
      'nothing can break it',
      changed(check, '  broken_by: Somebody unlocks it.\n', ''),
      `${check}:1 a check without broken_by; give it its broken_by`,
    ],
    [
      'an attested one can break',
      changed(check, '  remedy: Count', '  broken_by: A thief.\n  remedy: Count'),
      `${check}:20 an attested check has broken_by; take it out: nothing is measured that could break`,
    ],
    [
      'a field is there twice',
      changed(check, '  kind: automatic', '  kind: automatic\n  kind: drill'),
      `${check}:6 cannot be read as YAML: Map keys must be unique; mend the line, or the one before it`,
    ],
    [
      'an alias stands for something',
      {
        ...good,
        [check]: good[check].replace('title: The', 'title: &lock The').replace('remedy: Lock it.', 'remedy: *lock'),
      },
      `${check}:9 an alias stands here; write out what it means`,
    ],
    [
      'a text is a list',
      changed(check, 'title: The door is locked', 'title: [The door]'),
      `${check}:2 title is no text; write it as plain words`,
    ],
    [
      'a text has lines',
      changed(check, 'title: The door is locked', 'title: |-\n    The door\n    is locked'),
      `${check}:2 title has several lines; fold it with >-`,
    ],
    [
      'a section is no list',
      { ...good, 'checks/launch.yaml': 'id: a' },
      'checks/launch.yaml:1 a section is a list of checks; begin each with - id: …',
    ],
    [
      'a check is a word',
      { ...good, 'checks/launch.yaml': '- door' },
      'checks/launch.yaml:1 a check is written as fields, and this is none; write name: value lines',
    ],
    [
      'a file is no section',
      { ...good, 'checks/doors.yaml': good[check].replaceAll('door.', 'gate.') },
      `checks/doors.yaml:1 there is no section doors; name the file after one of ${sections.join(', ')}`,
    ],
    [
      'an item names no check',
      changed(house, 'door.locked', 'door.open'),
      `${house}:5 item 1.10 names door.open, and there is no such check; correct the id, or write the check`,
    ],
    [
      'an item names one twice',
      changed(house, 'door.key.known', 'door.locked'),
      `${house}:8 door.locked is named twice; name each check once`,
    ],
    [
      'an item has no check',
      changed(house, '[door.locked, door.key.known]', '[]'),
      `${house}:8 checks is no list with something in it; write checks: [one, another]`,
    ],
    [
      'two items have one number',
      changed(
        house,
        '  - ref: 1.10',
        "  - ref: '1.10'\n    says: First\n    phase: ongoing\n    checks: [door.locked]\n  - ref: 1.10",
      ),
      `${house}:9 there is another item 1.10; number every item once`,
    ],
    [
      'a phase is none',
      changed(house, 'phase: prepare', 'phase: later'),
      `${house}:7 phase is "later"; write one of prepare, launch-day, first-week, first-month, ongoing`,
    ],
    [
      'nobody can sign',
      changed(house, '[security]', '[janitor]'),
      `${house}:3 nobody signs for "janitor"; write any of engineering, security, operations, product, quality`,
    ],
    [
      'a file is named otherwise',
      changed(house, 'id: house', 'id: home'),
      `${house}:1 id is "home" in a file named house; give the file and the checklist the same name`,
    ],
    [
      'nothing is there',
      {},
      ':1 there is no catalogue here; name a folder with checks/<section>.yaml or checklists/<id>.yaml',
    ],
  ])('says where and how to mend it when %s', (_what, files, told) => {
    expect(mistakesIn(files)).toContain(told);
  });

  test('tells all mistakes of all files at once', () => {
    const files = {
      ...changed('checks/security.yaml', 'severity: blocker', 'severity: high'),
      'checks/launch.yaml': '- id: a.b\n  kind: [drill',
      'checklists/house.yaml': good['checklists/house.yaml'].replace('phase: prepare', 'phase: soon'),
    };
    const told = mistakesIn(files);
    expect(new Set(told.map((each) => each.slice(0, each.indexOf(':'))))).toEqual(
      new Set(['checks/launch.yaml', 'checks/security.yaml', 'checklists/house.yaml']),
    );
    expect(told).toContain(
      'checklists/house.yaml:7 phase is "soon"; write one of prepare, launch-day, first-week, first-month, ongoing',
    );
  });

  test('fails with the mistakes and nothing else, whatever a file holds', () => {
    const text = good['checks/security.yaml'];
    const damaged = fc
      .tuple(fc.nat(text.length), fc.nat(20), fc.string({ maxLength: 8 }))
      .map(([at, length, put]) => text.slice(0, at) + put + text.slice(at + length));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' })), (content) => {
        // What is sound after all has no mistakes: the last file is sound in any case.
        for (const mistake of mistakesIn({ 'checks/security.yaml': content })) expect(mistake).toMatch(/:\d+ .+; .+/s);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a time to live', () => {
  test('is hours or days, up to a year and a day', () => {
    expect(['1h', '24h', '7d', '366d'].map(parseTimeToLive)).toEqual([3600, 86_400, 604_800, 31_622_400]);
    const refused = ['', '0h', '01d', '367d', '9999h', '1.5h', '7D', '1w', '7 d', '-1d', '1e3h', ' 7d'];
    expect(refused.map(parseTimeToLive)).toEqual(refused.map(() => null));
  });
});

describe('reading the scope', () => {
  const scope = (text: string): Record<string, string> => ({ ...good, 'scope.yaml': text });
  const sound = `questions:
  - id: hasDoor
    question: Is there a door?
    kind: boolean
    rules:
      - is: 'no'
        checks: [door.*]
        because: There is none.
  - id: keys
    question: How many keys?
    kind: number
    rules:
      - under: '1'
        checks: [door.key.known]
        because: There are none.
providers:
  - provider: smith
    checks: [door.locked]
    because: No smith works here.
`;

  test('takes what is sound, with the checks that a pattern means', () => {
    const { scope: read } = readCatalogue([folderOf(scope(sound))]);
    expect(read.questions.map(({ id, rules }) => [id, rules[0]?.when, rules[0]?.checks])).toEqual([
      ['hasDoor', { kind: 'is', value: false }, ['door.locked', 'door.key.known']],
      ['keys', { kind: 'under', value: 1 }, ['door.key.known']],
    ]);
    expect(read.providers).toEqual([{ provider: 'smith', checks: ['door.locked'], because: 'No smith works here.' }]);
    expect(readCatalogue([folderOf(good)]).scope).toEqual({ questions: [], providers: [] });
  });

  test.each([
    ['checks: [door.*]', 'checks: [window.*]', 'scope.yaml:7 window.* names no check'],
    ['checks: [door.locked]', 'checks: [door.open]', 'scope.yaml:18 door.open names no check'],
    ["is: 'no'", 'is: never', 'scope.yaml:6 is is "never"'],
    ["under: '1'", 'under: few', 'scope.yaml:13 under is "few"'],
    ['kind: boolean', 'kind: riddle', 'scope.yaml:4 kind is "riddle"'],
    ['id: keys', 'id: hasDoor', 'scope.yaml:9 there is another question hasDoor'],
    ['question: How many keys?', 'asks: How many keys?', 'scope.yaml:9 a question without question'],
  ])('tells a mistake with its line: %s as %s', (from, to, told) => {
    expect(sound).toContain(from);
    const mistakes = mistakesIn(scope(sound.replace(from, to)));
    expect(
      mistakes.some((mistake) => mistake.startsWith(told)),
      mistakes.join('\n'),
    ).toBe(true);
  });
});
