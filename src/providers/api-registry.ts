import type { ApiProfile } from './api-profile.ts';
import { documensoApi } from './documenso/api.rules.ts';
import { docusignApi } from './docusign/api.rules.ts';
import { genericApi } from './generic/api.rules.ts';
import { gorouteApi } from './goroute/api.rules.ts';

/** In the order of their names. A provider can be called once it stands here. */
const profiles: readonly ApiProfile[] = [documensoApi, docusignApi, genericApi, gorouteApi];
const byName = new Map(profiles.map((profile) => [profile.name, profile]));

/** The profile that a connection names as its `provider`; null where there is none. */
export function findApiProfile(name: string): ApiProfile | null {
  return byName.get(name) ?? null;
}

export function allApiProfiles(): readonly ApiProfile[] {
  return profiles;
}
