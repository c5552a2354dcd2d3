import type { Loose } from '../read-json.rules.ts';
import { objectAt, objectsAt, textAt } from '../read-json.rules.ts';
import type { PlanFeature } from '../../docusign-plan.rules.ts';
import { refuse } from './docusign-errors.rules.ts';

/** What the account lacks: what asks for it is refused, or taken and left out without a word. */
export type PlanGaps = { refused: readonly PlanFeature[]; dropped: readonly PlanFeature[] };

/** What a recipient or an envelope keeps as it was given, and answers again; fields of docusign-esign 10. */
const keptOfRecipients = [
  'identityVerification',
  'requireIdLookup',
  'idCheckConfigurationName',
  'phoneAuthentication',
  'smsAuthentication',
  'additionalNotifications',
  'signingGroupId',
  'excludedDocuments',
  'tabs',
] as const;
const keptOfEnvelopes = ['brandId', 'enforceSignerVisibility'] as const;

/** Ids that are the same in every account. */
export const accountThings = {
  identityWorkflowId: '11111111-0000-4000-8000-000000000001',
  phoneWorkflowId: '11111111-0000-4000-8000-000000000002',
  gatewayId: '11111111-0000-4000-8000-000000000003',
  brandId: '11111111-0000-4000-8000-000000000004',
  signingGroupId: '1000001',
} as const;

/** Fields that were asked for, by recipient and of the envelope, without what the plan drops. */
export type AskedFields = { recipients: readonly Loose[]; envelope: Loose };

/**
 * What a definition asks for beyond a plain envelope. What the plan lacks is refused as DocuSign's sample applications
 * show it: 400 with `PLAN_ITEM_NOT_ENABLED`. How each feature is refused is not public.
 */
export function readAsked(definition: Loose, gaps: PlanGaps): AskedFields {
  const signers = objectsAt(objectAt(definition, 'recipients'), 'signers');
  const documents = objectsAt(definition, 'documents');
  for (const feature of gaps.refused) {
    const asks = [definition, ...documents].some((each) => asksFor(each, feature));
    if (asks || signers.some((signer) => asksFor(signer, feature))) refuseFeature(feature);
  }
  const isDropped = (value: Loose): boolean => gaps.dropped.some((feature) => asksFor(value, feature));
  return {
    recipients: signers.map((signer) => picked(signer, keptOfRecipients, isDropped)),
    envelope: picked(definition, keptOfEnvelopes, isDropped),
  };
}

/** Ends a request that asks for what the plan lacks. */
export function refuseFeature(feature: PlanFeature): never {
  return refuse(
    400,
    'PLAN_ITEM_NOT_ENABLED',
    `A requested plan item is not enabled for this account. Plan item: ${feature}`,
  );
}

function picked(value: Loose, names: readonly string[], isDropped: (part: Loose) => boolean): Loose {
  const parts = names.filter((name) => value[name] !== undefined && value[name] !== null);
  return Object.fromEntries(
    parts.filter((name) => !isDropped({ [name]: value[name] })).map((name) => [name, value[name]]),
  );
}

function asksFor(value: Loose, feature: PlanFeature): boolean {
  const workflowId = textAt(objectAt(value, 'identityVerification'), 'workflowId');
  switch (feature) {
    case 'identity-verification':
      return workflowId === accountThings.identityWorkflowId;
    case 'phone-authentication':
      return (
        workflowId === accountThings.phoneWorkflowId || 'phoneAuthentication' in value || 'smsAuthentication' in value
      );
    case 'knowledge-based-authentication':
      return value['requireIdLookup'] === 'true';
    case 'sms-delivery':
      return 'additionalNotifications' in value;
    case 'payments':
      return objectsAt(objectAt(value, 'tabs'), 'formulaTabs').some((tab) => 'paymentDetails' in tab);
    case 'brands':
      return 'brandId' in value;
    case 'signing-groups':
      return 'signingGroupId' in value;
    case 'document-visibility':
      return value['enforceSignerVisibility'] === 'true' || 'excludedDocuments' in value;
    case 'responsive-signing':
      return 'htmlDefinition' in value;
    case 'bulk-sending':
      return false;
  }
}
