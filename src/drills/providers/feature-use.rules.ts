import type { DocusignFeature } from '../../declarations/docusign-features.rules.ts';

/** What the calls of a feature are named, as the profile of DocuSign's API names them. */
const namedCalls: readonly (readonly [DocusignFeature, prefix: string])[] = [
  ['bulk-sending', 'bulk-send.'],
  ['templates', 'templates.'],
  ['payments', 'payment-gateways.'],
  ['brands', 'brands.'],
  ['signing-groups', 'signing-groups.'],
  ['powerforms', 'powerforms.'],
];

/** Fields of an envelope or template that ask for a feature, as the models of docusign-esign 10 spell them. */
const namedFields: readonly (readonly [DocusignFeature, field: string])[] = [
  ['identity-verification', 'identityVerification'],
  ['phone-authentication', 'phoneAuthentication'],
  ['phone-authentication', 'smsAuthentication'],
  ['phone-authentication', 'phoneNumberList'],
  ['knowledge-based-authentication', 'requireIdLookup'],
  ['sms-delivery', 'additionalNotifications'],
  ['sms-delivery', 'secondaryDeliveryMethod'],
  ['templates', 'templateId'],
  ['templates', 'compositeTemplates'],
  ['payments', 'paymentDetails'],
  ['brands', 'brandId'],
  ['signing-groups', 'signingGroupId'],
  ['document-visibility', 'enforceSignerVisibility'],
  ['document-visibility', 'excludedDocuments'],
  ['responsive-signing', 'htmlDefinition'],
];

/** The feature that a call of this name belongs to; null for most. */
export function featureOfCall(operation: string): DocusignFeature | null {
  return namedCalls.find(([, prefix]) => operation.startsWith(prefix))?.[0] ?? null;
}

/** Whether a call lists workflows: those of identity verification and of phone authentication stand in one list. */
export function listsWorkflows(operation: string): boolean {
  return operation.startsWith('identity-verification.');
}

/**
 * Features that a body asks for, by the names of its fields alone: it may be masked, and cut anywhere. A field that is
 * empty, null or false asks for nothing. A phone is an identity verification with a list of numbers, or a look-up with
 * numbers beside it: only what is more than those is the other feature.
 */
export function featuresOfBody(text: string): DocusignFeature[] {
  const found = new Set<DocusignFeature>();
  for (const [feature, field] of namedFields) if (countOf(text, field) > 0) found.add(feature);
  if (countOf(text, 'identityVerification') <= countOf(text, 'phoneNumberList')) found.delete('identity-verification');
  const byPhone = countOf(text, 'phoneAuthentication') + countOf(text, 'smsAuthentication');
  if (countOf(text, 'requireIdLookup') <= byPhone) found.delete('knowledge-based-authentication');
  return [...found];
}

/** How often a field has a value. */
function countOf(text: string, field: string): number {
  const values = new RegExp(`"${field}"\\s*:\\s*(?=\\S)(null|false|"false"|""|\\[\\s*\\]|\\{\\s*\\})?`, 'g');
  return [...text.matchAll(values)].filter(([, empty]) => empty === undefined).length;
}
