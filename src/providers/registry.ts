import { adobeSignProfile } from './adobe-sign/profile.rules.ts';
import { documensoProfile } from './documenso/profile.rules.ts';
import { docusignProfile } from './docusign/profile.rules.ts';
import { dropboxSignProfile } from './dropbox-sign/profile.rules.ts';
import { genericProfile } from './generic/profile.rules.ts';
import { githubProfile } from './github/profile.rules.ts';
import { gorouteProfile } from './goroute/profile.rules.ts';
import { pandadocProfile } from './pandadoc/profile.rules.ts';
import type { ProviderProfile } from './provider-profile.ts';
import { shopifyProfile } from './shopify/profile.rules.ts';
import { signwellProfile } from './signwell/profile.rules.ts';
import { slackProfile } from './slack/profile.rules.ts';
import { standardWebhooksProfile } from './standard-webhooks/profile.rules.ts';
import { stripeProfile } from './stripe/profile.rules.ts';

/** In the order of their names. A provider is known once it stands here. */
const profiles: readonly ProviderProfile[] = [
  adobeSignProfile,
  documensoProfile,
  docusignProfile,
  dropboxSignProfile,
  genericProfile,
  githubProfile,
  gorouteProfile,
  pandadocProfile,
  shopifyProfile,
  signwellProfile,
  slackProfile,
  standardWebhooksProfile,
  stripeProfile,
];
const byName = new Map(profiles.map((profile) => [profile.name, profile]));

/** The names that a source can have as its `provider`. */
export const providerNames: readonly string[] = [...byName.keys()];

export function findProfile(name: string): ProviderProfile | null {
  return byName.get(name) ?? null;
}

export function allProfiles(): readonly ProviderProfile[] {
  return profiles;
}
