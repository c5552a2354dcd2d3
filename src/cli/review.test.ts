import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { screen } from '../../tests/support/screen.ts';
import type { ChecklistCoverage, ShippedChecks } from '../readiness/coverage.rules.ts';
import { loadCatalogue } from '../readiness/load-catalogue.ts';
import { buildProgram } from './program.ts';
import { renderBar } from './review/render-coverage.rules.ts';
import { addReviewVerbs } from './review.ts';
import { visibleWidth } from './terminal/layout.rules.ts';
import { createPaint } from './terminal/paint.rules.ts';

/** Runs the verb as the command line does, or with what a later release ships. */
async function review(args: string[], options: { width?: number; colour?: boolean; shipped?: ShippedChecks } = {}) {
  const { out, err, terminal } = screen(options.width, options.colour);
  const { shipped } = options;
  if (shipped === undefined) await buildProgram(terminal).parseAsync(['review', ...args], { from: 'user' });
  else {
    const program = addReviewVerbs(new Command('review'), terminal, () => Promise.resolve(shipped));
    await program.parseAsync(args, { from: 'user' });
  }
  return { out, err, text: out.join('\n') };
}

const everything: ShippedChecks = { shipped: new Set(loadCatalogue().checks.keys()), waiting: new Map() };

describe('posthorn review coverage', () => {
  test('shows every checklist with a bar, and what it waits for', async () => {
    const waiting = new Map([['docusign.golive.no-polling', 'the ledger comes first']]);
    const { out, text } = await review(['coverage'], { shipped: { shipped: new Set(), waiting } });
    expect(out[0]).toMatch(/^CHECKLIST +ITEMS +DECIDED +ATTESTED +WAITING$/);
    expect(out.find((line) => line.startsWith('docusign-go-live'))).toMatch(/ 25 {2}[█▓░]{24} +0 +1 +24$/);
    expect(text).toContain('0 of 275 checks can be decided; 15 more are attested.');
    expect(text).toMatch(/docusign-go-live waits for\n {2}\d+ items, \d+ checks: /);
    expect(text).toContain('4 items, 1 check: the ledger comes first');
    expect(Math.max(...out.map(visibleWidth))).toBeLessThanOrEqual(100);
  });

  test('has nothing to wait for once everything is shipped', async () => {
    const { out, text } = await review(['coverage'], { shipped: everything });
    expect(out.find((line) => line.startsWith('webhook-system'))).toMatch(/ 160 {2}[█▓]{24} +150 +10 +0$/);
    expect(text).toContain('275 of 275 checks can be decided');
    expect(text).not.toContain('waits for');
  });

  test('shows one checklist item by item, in lines that fit', async () => {
    const { out, text } = await review(['coverage', '--checklist', 'docusign-go-live'], {
      width: 60,
      shipped: { shipped: new Set(), waiting: new Map() },
    });
    expect(text).toMatch(/^░ 2\.1 {2}No resource of an envelope/m);
    expect(text).toContain('docusign.golive.no-polling: nothing measures it yet');
    expect(text).toMatch(/^▓ 4\.2 /m);
    expect(Math.max(...out.slice(3).map(visibleWidth))).toBeLessThanOrEqual(60);
  });

  test('prints the same as JSON', async () => {
    const { text } = await review(['coverage', '--json', '--checklist', 'goroute-production'], { shipped: everything });
    const { checklists } = JSON.parse(text) as { checklists: ChecklistCoverage[] };
    expect(checklists.map(({ id, items, decided, attested }) => [id, items, decided, attested])).toEqual([
      ['goroute-production', 93, 81, 12],
    ]);
    expect(checklists[0]?.details).toHaveLength(93);
  });

  test('says which checklists there are', async () => {
    await expect(review(['coverage', '--checklist', 'docusign'])).rejects.toThrow(
      /no checklist docusign; take one of documenso-production, .*docusign-go-live/,
    );
  });

  test('draws bars of one length, with a column at least for whatever there is', () => {
    const base = { id: '', title: '', withoutPeople: 0, reasons: [], details: [] };
    for (const [decided, attested, waiting] of [
      [1, 1, 500],
      [0, 0, 7],
      [33, 33, 34],
      [1, 0, 0],
      [250, 1, 1],
    ] as const) {
      const items = decided + attested + waiting;
      const bar = renderBar({ ...base, items, decided, attested, waiting }, createPaint(false));
      expect(bar).toMatch(/^█*▓*░*$/);
      expect(bar).toHaveLength(24);
      expect([bar.includes('█'), bar.includes('▓'), bar.includes('░')]).toEqual([
        decided > 0,
        attested > 0,
        waiting > 0,
      ]);
    }
  });
});

describe('posthorn review catalogue', () => {
  test('lists the checks that fit, blockers first', async () => {
    const { out, err } = await review(['catalogue', 'list', '--section', 'providers', '--kind', 'drill'], {
      width: 120,
    });
    expect(out[0]).toMatch(/^CHECK +SEVERITY +KIND +TRUE WHEN IT PASSES$/);
    const severities = out.slice(1).map((line) => line.split(/ {2,}/)[1]);
    expect(severities.lastIndexOf('blocker')).toBeLessThan(severities.indexOf('major'));
    expect(new Set(severities)).toEqual(new Set(['blocker', 'major']));
    expect(out.slice(1).every((line) => / drill /.test(line))).toBe(true);
    expect(err[0]).toMatch(new RegExp(`^${out.length - 1} checks\\. More about one: `));
    expect(Math.max(...out.map(visibleWidth))).toBeLessThanOrEqual(120);
  });

  test('lists what a checklist demands, as JSON too', async () => {
    const { text } = await review([
      'catalogue',
      'list',
      '--checklist',
      'docusign-go-live',
      '--severity',
      'minor',
      '--json',
    ]);
    expect((JSON.parse(text) as { id: string }[]).map(({ id }) => id)).toEqual(['docs.guide.each-provider-runs']);
    await expect(review(['catalogue', 'list', '--section', 'safety'])).rejects.toThrow(
      /no section safety; take one of /,
    );
    await expect(review(['catalogue', 'list', '--checklist', 'mine'])).rejects.toThrow(
      /no checklist mine; take one of /,
    );
  });

  test('shows a check with the items that it decides', async () => {
    const { out, text } = await review(['catalogue', 'show', 'docusign.golive.no-polling'], {
      width: 80,
      colour: true,
    });
    expect(text).toContain('Of the 20, none asks again');
    expect(text).toMatch(/evidence.*Groups the reads/);
    expect(text).toMatch(/broken by.*An envelope's status/);
    expect(text).toMatch(/stale after.*24 h/);
    expect(text).toContain('docusign-go-live 2.1: ');
    expect(Math.max(...out.map(visibleWidth))).toBeLessThanOrEqual(80);
    const attested = await review(['catalogue', 'show', 'launch.support.briefed']);
    expect(attested.text).not.toContain('broken by');
    const json = JSON.parse(
      (await review(['catalogue', 'show', 'api-key.scoped-and-expiring', '--json'])).text,
    ) as object;
    expect(json).toMatchObject({ section: 'security', ttlSeconds: 86_400, items: [{ ref: '1.4' }, { ref: '1.1.3' }] });
  });

  test('says which check may have been meant', async () => {
    await expect(review(['catalogue', 'show', 'polling'])).rejects.toThrow(/there is docusign.golive.no-polling, /);
    await expect(review(['catalogue', 'show', 'nothing.like.it'])).rejects.toThrow(
      /see posthorn review catalogue list/,
    );
  });
});
