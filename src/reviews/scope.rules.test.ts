import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../readiness/load-catalogue.ts';
import { applyScope, faultsOfAnswers, type MakeUp } from './scope.rules.ts';

const { checks, scope } = loadCatalogue();
const nothing: MakeUp = { counts: { source: 0, endpoint: 0, connection: 0 }, providers: new Set() };
const ofProviders = (...providers: string[]): MakeUp => ({
  counts: { source: 0, endpoint: 1, connection: providers.length },
  providers: new Set(providers),
});
const leftOut = (prefix: string, of: ReadonlyMap<string, string>): boolean[] =>
  [...checks.keys()].filter((id) => id.startsWith(prefix)).map((id) => of.has(id));

describe('scope', () => {
  test('leaves nothing out without an answer, and nothing of providers without sources and connections', () => {
    const { checks: out, subjects } = applyScope(scope, {}, nothing);
    expect([out.size, subjects.size]).toEqual([0, 0]);
  });

  test('leaves out what is another provider’s, with the reason', () => {
    const { checks: out } = applyScope(scope, {}, ofProviders('docusign'));
    expect(new Set(leftOut('docusign.', out))).toEqual(new Set([false]));
    for (const other of ['documenso.', 'goroute.', 'self-hosted.']) {
      expect(new Set(leftOut(other, out)), other).toEqual(new Set([true]));
    }
    expect(out.get('goroute.participant.registered')).toBe("Nothing of this review is GoRoute's.");
  });

  test('leaves out by an answer, and by its contrary nothing', () => {
    const documenso = ofProviders('documenso');
    expect(leftOut('self-hosted.', applyScope(scope, { selfHosted: false }, documenso).checks)).not.toContain(false);
    expect(leftOut('self-hosted.', applyScope(scope, { selfHosted: true }, documenso).checks)).not.toContain(true);
    expect(applyScope(scope, { nodes: 1 }, documenso).checks.has('deployment.configuration.same-on-all-nodes')).toBe(
      true,
    );
    expect(applyScope(scope, { nodes: 2 }, documenso).checks.has('deployment.configuration.same-on-all-nodes')).toBe(
      false,
    );
    expect(applyScope(scope, { audits: [] }, documenso).checks.has('compliance.controls.mapped')).toBe(true);
    expect(applyScope(scope, { audits: ['soc2'] }, documenso).checks.has('compliance.controls.mapped')).toBe(false);
  });

  test('believes no answer that contradicts what there is', () => {
    const withEndpoints = ofProviders('docusign');
    const { checks: out, subjects } = applyScope(scope, { sendsWebhooks: false }, withEndpoints);
    expect(out.has('delivery.attempts-capped')).toBe(false);
    expect(subjects.size).toBe(0);
    expect(faultsOfAnswers(scope, { sendsWebhooks: false }, withEndpoints)).toEqual([
      { pointer: '/answers/sendsWebhooks', message: 'is contradicted by the review: it has endpoints' },
    ]);
    expect(faultsOfAnswers(scope, { sendsWebhooks: false }, nothing)).toEqual([]);
  });

  test('takes any answers without failing, and leaves out by none that it would refuse', () => {
    const answer = fc.oneof(fc.boolean(), fc.double(), fc.string(), fc.array(fc.string(), { maxLength: 3 }));
    const questions = fc.constantFrom(...scope.questions.map(({ id }) => id), 'nobodyAsked', '__proto__');
    fc.assert(
      fc.property(fc.dictionary(questions, answer), (answers) => {
        const refused = new Set(faultsOfAnswers(scope, answers, nothing).map(({ pointer }) => pointer));
        const sound = Object.fromEntries(Object.entries(answers).filter(([id]) => !refused.has(`/answers/${id}`)));
        expect(faultsOfAnswers(scope, sound, nothing)).toEqual([]);
        expect(applyScope(scope, answers, nothing).checks.size).toBeGreaterThanOrEqual(
          applyScope(scope, {}, nothing).checks.size,
        );
      }),
    );
  });
});
