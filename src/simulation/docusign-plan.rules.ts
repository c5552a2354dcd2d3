/** Features that the plan of a simulated account at DocuSign has, unless it is said to lack them. */
export const planFeatures = [
  'identity-verification',
  'phone-authentication',
  'knowledge-based-authentication',
  'sms-delivery',
  'bulk-sending',
  'payments',
  'brands',
  'signing-groups',
  'document-visibility',
  'responsive-signing',
] as const;
export type PlanFeature = (typeof planFeatures)[number];
