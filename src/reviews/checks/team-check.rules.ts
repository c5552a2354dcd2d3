import type { Catalogue } from '../../readiness/check-definition.ts';
import type { Fault } from '../people/fault.rules.ts';
import { faultsOfRule } from './read-rule.rules.ts';
import type { TeamCheck, TeamChecklist } from './team-check.ts';

/** What the rest of the product knows that a definition has to fit. */
export type Surroundings = {
  catalogue: Catalogue;
  /** Why requests may not go to a URL; null when they may. */
  refusalOfUrl: (url: string) => string | null;
};

/** What keeps a check of a team from being as it is written. */
export function faultsOfCheck(check: TeamCheck, { catalogue, refusalOfUrl }: Surroundings): Fault[] {
  const { id, section, measure } = check;
  const faults: Fault[] = [];
  const sections = new Set(Array.from(catalogue.checks.values(), (each) => each.section));
  if (!sections.has(section)) {
    faults.push({ pointer: '/section', message: `must be one of ${[...sections].join(', ')}` });
  }
  if (measure.kind === 'expression') {
    const checks = { own: id, has: (checkId: string) => catalogue.checks.has(checkId) };
    faults.push(...faultsOfRule(measure.rule, '/measure/rule', checks));
  }
  if (measure.kind === 'http-probe') {
    const refusal = refusalOfUrl(measure.url);
    if (refusal !== null) faults.push({ pointer: '/measure/url', message: refusal });
    const { pointer = '' } = measure.expect.json ?? {};
    if (pointer !== '' && !pointer.startsWith('/')) {
      faults.push({ pointer: '/measure/expect/json/pointer', message: 'must begin with a slash (RFC 6901)' });
    }
  }
  return faults;
}

/** What keeps a checklist of a team from being as it is written. */
export function faultsOfChecklist({ items }: TeamChecklist, { catalogue }: Surroundings): Fault[] {
  return items.flatMap(({ ref, checks }, index) => {
    const faults = checks.flatMap((checkId, at) => {
      const pointer = `/items/${index}/checks/${at}`;
      if (checks.indexOf(checkId) !== at) return [{ pointer, message: 'is there already' }];
      return catalogue.checks.has(checkId)
        ? []
        : [{ pointer, message: 'is no check of the catalogue or of this team' }];
    });
    const isRepeated = items.findIndex((item) => item.ref === ref) !== index;
    return isRepeated ? [...faults, { pointer: `/items/${index}/ref`, message: 'is another item’s' }] : faults;
  });
}
