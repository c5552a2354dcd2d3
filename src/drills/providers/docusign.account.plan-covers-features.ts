import type { DeclarationParts } from '../../declarations/declaration-schemas.ts';
import type { Subject } from '../../readiness/finding.ts';
import type { Drill } from '../drill.ts';
import { ownTeam } from '../reliability/subject-endpoint.ts';
import type { Stage } from '../stage.ts';
import { judgePlanTrial, type PlanTrial, type Trial } from './docusign.account.plan-covers-features.rules.ts';
import { draftsOf } from './docusign-drafts.ts';
import { canBeTried } from './feature-drafts.rules.ts';
import { featuresInUse } from './feature-use.ts';

type ConnectionView = { id: string; provider: string; environment: string; options: Record<string, unknown> };

export const planCoversFeatures: Drill = {
  checkId: 'docusign.account.plan-covers-features',
  subject: 'connection',
  version: 1,
  comparesDeclarations: true,
  does: 'Makes a draft in the production account for each feature of DocuSign that is in use, reads it back, and removes it; sends nothing.',
  touches: 'integration',
  // Production is what it is about: drafts are told to nobody, and are removed.
  safeInProduction: true,
  limitSeconds: 600,
  run: async (stage, subject) => judgePlanTrial(await tryPlan(stage, subject)),
};

async function tryPlan(stage: Stage, subject: Subject): Promise<PlanTrial> {
  const team = ownTeam(stage);
  const connections = await team.list<ConnectionView>('/connections');
  const connection = connections.find(({ id }) => id === subject.id);
  if (connection === undefined) throw new Error(`${subject.id} is gone`);
  if (connection.provider !== 'docusign') return { reached: 'not-concerned', why: 'It is no connection to DocuSign.' };
  if (connection.environment !== 'production') {
    const why = 'It is a connection to the sandbox: it is decided once it leads to production.';
    return { reached: 'not-concerned', why };
  }
  const { accountId } = connection.options;
  if (typeof accountId !== 'string' || accountId === '') return { reached: 'no-account' };

  const { parts } = (await team.want('GET', '/declarations')) as { parts: DeclarationParts };
  const declared = parts.paidPlans?.find((each) => each.connection === connection.id)?.features ?? null;
  const sandboxes = connections.filter(
    ({ id, provider, environment }) => id === connection.id || (provider === 'docusign' && environment === 'sandbox'),
  );
  const ids = sandboxes.map(({ id }) => id);
  const called = await featuresInUse(stage, team, { connections: ids, declared: declared ?? [] });
  const used = [...new Set([...(declared ?? []), ...called])];
  stage.note('What is in use.', { declared: declared?.join(', ') ?? null, called: called.join(', ') });

  const tried = used.filter((feature) => canBeTried(feature));
  const drafts = draftsOf(stage, connection.id, accountId);
  const trials: Trial[] = [];
  let left: string[] | null = null;
  try {
    for (const feature of [null, ...tried]) {
      const trial = await drafts.tryFeature(feature);
      trials.push(trial);
      stage.note('A draft was tried.', { ...trial, feature: feature ?? 'plain-envelope' });
      stage.progress(trials.length, tried.length + 2);
    }
  } finally {
    left = await drafts.removeAll().catch(() => null);
    stage.note('What is left of them was looked for.', { left: left?.length ?? null });
  }
  stage.progress(tried.length + 2, tried.length + 2);
  const untried = used.filter((feature) => !canBeTried(feature));
  return { reached: 'tried', declared, called, untried, trials, left };
}
