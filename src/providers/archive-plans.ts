import type { ArchivePlan } from './archive-plan.ts';
import { documensoArchivePlan } from './documenso/archive.rules.ts';
import { docusignArchivePlan } from './docusign/archive.rules.ts';
import { gorouteArchivePlan } from './goroute/archive.rules.ts';

const plans: readonly ArchivePlan[] = [documensoArchivePlan, docusignArchivePlan, gorouteArchivePlan];

/** How documents of a provider are archived; null for providers without documents. */
export function findArchivePlan(provider: string): ArchivePlan | null {
  return plans.find((plan) => plan.provider === provider) ?? null;
}
