import { describe, expect, test } from 'vitest';
import { chooseDrills } from './choose-drills.rules.ts';
import type { DrillAnswer } from './drill-answers.ts';

const drill = (check: string, subjects: string[]): DrillAnswer => ({
  check,
  title: check,
  section: null,
  severity: null,
  about: 'source',
  does: 'It does something.',
  touches: 'nothing',
  safeInProduction: true,
  irrevocable: null,
  refused: false,
  limitSeconds: 60,
  subjects: subjects.map((id) => ({ kind: 'source', id, name: id, state: 'unknown', lastRun: null })),
});

const forged = drill('webhook.signature.rejects-forged', ['src_a', 'src_b']);
const retried = drill('delivery.failed-ones-retried', ['gateway']);
const drills = [forged, retried, drill('endpoint.test-delivery-succeeds', [])];
const wish = { check: undefined, allSafe: false, subject: undefined };

describe('choosing drills', () => {
  test('a check names one, --all-safe those that are about something', () => {
    expect(chooseDrills(drills, { ...wish, check: forged.check })).toEqual({ drills: [forged] });
    expect(chooseDrills(drills, { ...wish, allSafe: true })).toEqual({ drills: [forged, retried] });
    expect(chooseDrills(drills, { ...wish, check: forged.check, subject: 'src_b' })).toEqual({ drills: [forged] });
  });

  test('neither and both are not clear, and a check without a drill is none', () => {
    expect(chooseDrills(drills, wish)).toMatchObject({ what: 'it is not clear what to run', exitCode: 2 });
    expect(chooseDrills(drills, { ...wish, check: forged.check, allSafe: true })).toMatchObject({ exitCode: 2 });
    expect(chooseDrills(drills, { ...wish, check: 'no.check' })).toMatchObject({
      what: 'there is no drill for no.check',
    });
  });

  test('a subject that the drill is not about fails, and says which there are: nothing run would look like success', () => {
    const of = (check: string) => chooseDrills(drills, { ...wish, check, subject: 'src_x' });
    expect(of(forged.check)).toEqual({
      what: 'webhook.signature.rejects-forged is not about src_x',
      remedy: 'name one of src_a, src_b',
      exitCode: 1,
    });
    expect(of(retried.check)).toMatchObject({ remedy: 'it is about gateway alone: leave out --subject, or name that' });
    expect(of('endpoint.test-delivery-succeeds')).toMatchObject({
      remedy: expect.stringContaining('nothing here yet'),
    });
  });
});
