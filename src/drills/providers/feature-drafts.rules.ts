import type { DocusignFeature } from '../../declarations/docusign-features.rules.ts';
import type { Json } from '../stage.ts';

/** Features that a draft cannot hold. */
const untried = ['powerforms', 'other'] as const;
export type TriedFeature = Exclude<DocusignFeature, (typeof untried)[number]>;

type Body = Readonly<Record<string, unknown>>;
type Definition = { readonly [name: string]: Json };

/** How a feature is put into a draft. Fields are those of the models of docusign-esign 10. */
type Recipe = {
  /** What the account must have of it: where that is listed, and what of the list is taken; null: there is none. */
  needs?: { below: string; what: string; pick: (list: Body) => Definition | null };
  /** @param picked of `needs`; empty where nothing is needed */
  ask: (picked: Definition) => { envelope?: Definition; signer?: Definition; document?: Definition };
  /** Whether the draft, as it is read back, has it; null where the reference shows no field that would tell. */
  holds: ((envelope: Body, signer: Body) => boolean) | null;
};

/** Of the numbers that are kept for fiction in North America: nobody's. */
const phone = { countryCode: '1', number: '2025550143' };
const place = { documentId: '1', pageNumber: '1', xPosition: '0', yPosition: '0' };
const phoneNumbers = 'PhoneNumberList';

/** Nobody's address (RFC 2606). */
export const nobody = { email: 'posthorn-drill@example.com', name: 'Posthorn drill' };

/**
 * By feature. Identity verification, phone authentication and payments follow DocuSign's published how-tos, which take
 * the workflow from GET identity_verification and the gateway from the account; SMS delivery is an additional
 * notification beside the e-mail; knowledge-based authentication is the configuration `ID Check $`.
 */
export const recipes: Readonly<Record<TriedFeature, Recipe>> = {
  'identity-verification': {
    needs: {
      below: '/identity_verification',
      what: 'workflow of identity verification',
      pick: (list) => idWorkflow(list),
    },
    ask: (picked) => ({ signer: { identityVerification: picked } }),
    holds: (_envelope, signer) => isFilled(signer['identityVerification']),
  },
  'phone-authentication': {
    needs: {
      below: '/identity_verification',
      what: 'workflow of phone authentication',
      pick: (list) => phoneWorkflow(list),
    },
    ask: (picked) => ({ signer: { identityVerification: picked } }),
    holds: (_envelope, signer) => isFilled(signer['identityVerification']),
  },
  'knowledge-based-authentication': {
    ask: () => ({ signer: { requireIdLookup: 'true', idCheckConfigurationName: 'ID Check $' } }),
    holds: (_envelope, signer) => isYes(signer['requireIdLookup']),
  },
  'sms-delivery': {
    ask: () => ({ signer: { additionalNotifications: [{ secondaryDeliveryMethod: 'SMS', phoneNumber: phone }] } }),
    holds: (_envelope, signer) => isFilled(signer['additionalNotifications']),
  },
  // The list that is sent to is made and tried beside the draft.
  'bulk-sending': { ask: () => ({}), holds: null },
  templates: {
    needs: {
      below: '/templates?count=1',
      what: 'template',
      pick: (list) => idOf(list, 'envelopeTemplates', 'templateId'),
    },
    ask: (picked) => ({ envelope: picked }),
    holds: null,
  },
  payments: {
    needs: {
      below: '/payment_gateway_accounts',
      what: 'payment gateway',
      pick: (list) => gatewayOf(list),
    },
    ask: (picked) => ({ signer: { tabs: { formulaTabs: paymentTabs(picked) } } }),
    holds: (_envelope, signer) => {
      const { formulaTabs } = (signer['tabs'] ?? {}) as { formulaTabs?: unknown };
      return objects(formulaTabs).some((tab) => isFilled(tab['paymentDetails']));
    },
  },
  brands: {
    needs: { below: '/brands', what: 'brand', pick: (list) => idOf(list, 'brands', 'brandId') },
    ask: (picked) => ({ envelope: picked }),
    holds: (envelope) => isFilled(envelope['brandId']),
  },
  'signing-groups': {
    needs: { below: '/signing_groups', what: 'signing group', pick: (list) => idOf(list, 'groups', 'signingGroupId') },
    // A group has no address of its own.
    ask: (picked) => ({ signer: { ...picked, email: null, name: null } }),
    holds: (_envelope, signer) => isFilled(signer['signingGroupId']),
  },
  'document-visibility': {
    ask: () => ({ envelope: { enforceSignerVisibility: 'true' } }),
    holds: (envelope) => isYes(envelope['enforceSignerVisibility']),
  },
  'responsive-signing': { ask: () => ({ document: { htmlDefinition: { source: 'document' } } }), holds: null },
};

export function canBeTried(feature: DocusignFeature): feature is TriedFeature {
  return !untried.some((each) => each === feature);
}

/**
 * The definition of a draft with a feature, or of a plain one. `status` is `created`: DocuSign keeps such an envelope
 * among the drafts, and sends it to nobody before somebody changes that.
 */
export function draftOf(
  feature: TriedFeature | null,
  picked: Definition,
  { subject, pdfBase64 }: { subject: string; pdfBase64: string },
): Definition {
  const { envelope = {}, signer = {}, document = {} } = feature === null ? {} : recipes[feature].ask(picked);
  // A template brings its own documents and recipients, in roles that stay empty.
  if (feature === 'templates') return { status: 'created', emailSubject: subject, ...envelope };
  const recipient = Object.entries({ recipientId: '1', routingOrder: '1', ...nobody, ...signer });
  return {
    status: 'created',
    emailSubject: subject,
    documents: [{ documentId: '1', name: 'drill.pdf', fileExtension: 'pdf', documentBase64: pdfBase64, ...document }],
    recipients: { signers: [Object.fromEntries(recipient.filter(([, value]) => value !== null))] },
    ...envelope,
  };
}

/** What is found in a list of workflows: one that asks for a phone number is phone authentication. */
function idWorkflow(list: Body): Definition | null {
  const found = workflows(list).find((each) => phoneOption(each) === undefined);
  return found === undefined ? null : { workflowId: String(found['workflowId']) };
}

function phoneWorkflow(list: Body): Definition | null {
  const found = workflows(list).find((each) => phoneOption(each) !== undefined);
  if (found === undefined) return null;
  const name = String(phoneOption(found)?.['optionName']);
  const inputOptions = [{ name, valueType: phoneNumbers, phoneNumberList: [phone] }];
  return { workflowId: String(found['workflowId']), inputOptions };
}

function workflows(list: Body): Body[] {
  return objects(list['identityVerification']).filter(
    (each) => isFilled(each['workflowId']) && !isYes(each['isDisabled']),
  );
}

function phoneOption(workflow: Body): Body | undefined {
  return objects(workflow['inputOptions']).find(({ valueType }) => valueType === phoneNumbers);
}

function gatewayOf(list: Body): Definition | null {
  const found = objects(list['paymentGatewayAccounts']).find((each) => isFilled(each['paymentGatewayAccountId']));
  if (found === undefined) return null;
  return {
    gatewayAccountId: String(found['paymentGatewayAccountId']),
    gatewayName: textOf(found['paymentGateway']),
    gatewayDisplayName: textOf(found['paymentGatewayDisplayName']),
  };
}

function idOf(list: Body, within: string, name: string): Definition | null {
  const found = objects(list[within]).find((each) => isFilled(each[name]));
  return found === undefined ? null : { [name]: String(found[name]) };
}

/** A cent, as DocuSign's example of a payment has it: a formula for the amount, and a hidden one that is paid. */
function paymentTabs(picked: Definition): Definition[] {
  const fixed = { ...place, roundDecimalPlaces: '0', required: 'true', locked: 'true' };
  const lineItems = [{ name: 'Drill', description: 'Drill', amountReference: 'amount' }];
  return [
    { ...fixed, tabLabel: 'amount', formula: '1' },
    {
      ...fixed,
      tabLabel: 'payment',
      formula: '[amount] * 1',
      hidden: 'true',
      paymentDetails: { ...picked, currencyCode: 'USD', lineItems },
    },
  ];
}

function objects(value: unknown): Body[] {
  return Array.isArray(value) ? value.filter((each): each is Body => typeof each === 'object' && each !== null) : [];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const isYes = (value: unknown): boolean => String(value).toLowerCase() === 'true';

function isFilled(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return typeof value === 'string' ? value !== '' : typeof value === 'number';
}
