/**
 * What an integration may use of DocuSign beyond plain envelopes and what a plan can lack. What no draft can hold is
 * named too, so that a team can say that it is in use: `powerforms` are public when they are made, `other` is anything
 * that is not in this list.
 */
export const docusignFeatures = [
  'identity-verification',
  'phone-authentication',
  'knowledge-based-authentication',
  'sms-delivery',
  'bulk-sending',
  'templates',
  'payments',
  'brands',
  'signing-groups',
  'document-visibility',
  'responsive-signing',
  'powerforms',
  'other',
] as const;

export type DocusignFeature = (typeof docusignFeatures)[number];
