import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { docusignFeatures } from '../../src/declarations/docusign-features.rules.ts';
import {
  judgePlanTrial,
  type PlanTrial,
  type Trial,
} from '../../src/drills/providers/docusign.account.plan-covers-features.rules.ts';
import { canBeTried, draftOf, recipes } from '../../src/drills/providers/feature-drafts.rules.ts';
import { featureOfCall, featuresOfBody, listsWorkflows } from '../../src/drills/providers/feature-use.rules.ts';
import { docusignCalls } from '../../src/providers/docusign/api-calls.rules.ts';
import { judges } from './support/judges.ts';

type Tried = Extract<PlanTrial, { reached: 'tried' }>;

const plain: Trial = { feature: null, outcome: 'taken', answer: 'answered 201' };
const brands: Trial = { feature: 'brands', outcome: 'taken', answer: 'answered 201' };
const good: Tried = {
  reached: 'tried',
  declared: ['brands'],
  called: [],
  untried: [],
  trials: [plain, brands],
  left: [],
};
const outcome = (of: Trial['outcome']): Partial<Tried> => ({ trials: [plain, { ...brands, outcome: of }] });

judges<Tried>('docusign.account.plan-covers-features', judgePlanTrial, good, [
  ['nothing but plain envelopes is used', { declared: [], trials: [plain] }, 'passed'],
  ['calls show more than was declared, and it was taken', { declared: [], called: ['brands'] }, 'passed'],
  ['a feature was refused', outcome('refused'), 'failed'],
  ['the account has nothing of a feature', outcome('lacking'), 'failed'],
  ['the draft was taken without it', outcome('dropped'), 'failed'],
  ['what was made is no draft', outcome('sent'), 'failed'],
  ['there was no answer that tells', outcome('unclear'), 'unknown'],
  ['not even a plain draft was taken', { trials: [{ ...plain, outcome: 'refused' }] }, 'failed'],
  ['nothing was tried', { trials: [] }, 'unknown'],
  ['a draft is left', { left: ['a'] }, 'failed'],
  ['whether one is left was not seen', { left: null }, 'unknown'],
  ['something is used that no draft can hold', { untried: ['powerforms'] }, 'unknown'],
  ['it is not declared what is used', { declared: null }, 'unknown'],
  ['it is not declared, and what calls show is refused', { ...outcome('refused'), declared: null }, 'failed'],
]);

test('a refusal is shown with its code, whatever else is open', () => {
  const trials: Trial[] = [
    { ...plain, outcome: 'unclear', answer: 'not answered' },
    { ...brands, outcome: 'refused', answer: 'answered 400 PLAN_ITEM_NOT_ENABLED' },
  ];
  const finding = judgePlanTrial({ ...good, trials, left: null, untried: ['other'], declared: null });
  expect(finding).toMatchObject({ state: 'failed' });
  expect(finding.seen).toContain('brands was answered 400 PLAN_ITEM_NOT_ENABLED');
});

test('it concerns production alone, and an account that is entered', () => {
  expect(judgePlanTrial({ reached: 'not-concerned', why: 'It is a sandbox.' }).state).toBe('not-applicable');
  expect(judgePlanTrial({ reached: 'no-account' }).state).toBe('unknown');
});

describe('what is in use', () => {
  test('calls are named after their features', () => {
    const named = new Set(Object.values(docusignCalls).map(featureOfCall));
    expect(named).toEqual(
      new Set([null, 'bulk-sending', 'templates', 'payments', 'brands', 'signing-groups', 'powerforms']),
    );
    expect(Object.values(docusignCalls).filter(listsWorkflows)).toEqual(['identity-verification.list']);
  });

  test.each<[body: object, features: string[]]>([
    [{ recipients: { signers: [{ name: 'identityVerification', email: '***' }] } }, []],
    [{ identityVerification: { workflowId: 'w' } }, ['identity-verification']],
    [{ identityVerification: null, brandId: '', templateId: null, additionalNotifications: [], tabs: {} }, []],
    [{ identityVerification: {}, enforceSignerVisibility: 'false', requireIdLookup: false }, []],
    [{ identityVerification: { inputOptions: [{ phoneNumberList: ['***'] }] } }, ['phone-authentication']],
    [
      [{ identityVerification: { workflowId: 'w' } }, { identityVerification: { o: [{ phoneNumberList: '***' }] } }],
      ['identity-verification', 'phone-authentication'],
    ],
    [{ requireIdLookup: 'true', smsAuthentication: '***' }, ['phone-authentication']],
    [{ requireIdLookup: 'true', idCheckConfigurationName: '***' }, ['knowledge-based-authentication']],
    [{ additionalNotifications: [{ secondaryDeliveryMethod: 'SMS' }] }, ['sms-delivery']],
    [{ compositeTemplates: [{ sequence: '1' }] }, ['templates']],
    [{ tabs: { formulaTabs: [{ paymentDetails: { gatewayAccountId: 'g' } }] } }, ['payments']],
    [{ documents: [{ htmlDefinition: { source: 'document' } }] }, ['responsive-signing']],
    [{ signingGroupId: '1', enforceSignerVisibility: 'true' }, ['signing-groups', 'document-visibility']],
  ])('%o asks for %o', (body, features) => {
    expect(featuresOfBody(JSON.stringify(body)).toSorted()).toEqual(features.toSorted());
    expect(featuresOfBody(JSON.stringify(body, null, 2)).toSorted()).toEqual(features.toSorted());
  });

  test('nothing is found in a text without names of fields, or that is cut before a value', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), (text) => {
        expect(featuresOfBody(text.replaceAll('"', ''))).toEqual([]);
      }),
    );
    expect(featuresOfBody(`{"brandId":${' '.repeat(10_000)}`)).toEqual([]);
  });
});

describe('drafts', () => {
  const tried = docusignFeatures.filter((feature) => canBeTried(feature));
  const account = {
    identityVerification: [
      { workflowId: 'off', isDisabled: 'true' },
      { workflowId: 'phone', inputOptions: [{ optionName: 'number', valueType: 'PhoneNumberList' }] },
      { workflowId: 'document', inputOptions: [] },
    ],
    envelopeTemplates: [{ templateId: 't' }],
    paymentGatewayAccounts: [{ paymentGatewayAccountId: 'g', paymentGateway: 'stripe' }],
    brands: [{ brandId: 'b' }],
    groups: [{ signingGroupId: 's' }],
  };

  test('all but two features can be tried, and each is a draft for nobody', () => {
    expect(docusignFeatures.filter((feature) => !canBeTried(feature))).toEqual(['powerforms', 'other']);
    for (const feature of [null, ...tried]) {
      const picked = feature === null ? {} : (recipes[feature].needs?.pick(account) ?? {});
      const draft = draftOf(feature, picked, { subject: 'Drill', pdfBase64: 'JVBERi0=' });
      expect(draft, String(feature)).toMatchObject({ status: 'created', emailSubject: 'Drill' });
      const addresses = JSON.stringify(draft).match(/[^"]+@[^"]+/g) ?? [];
      for (const address of addresses) expect(address).toMatch(/@example\.com$/);
    }
  });

  test('what an account must have of a feature is taken from its lists, or lacking', () => {
    for (const feature of tried) {
      const { needs } = recipes[feature];
      if (needs === undefined) continue;
      expect(needs.pick(account), feature).not.toBeNull();
      expect(needs.pick({}), feature).toBeNull();
    }
    expect(recipes['identity-verification'].needs?.pick(account)).toEqual({ workflowId: 'document' });
    expect(recipes['phone-authentication'].needs?.pick(account)).toMatchObject({ workflowId: 'phone' });
  });

  test('a draft that is read back without its feature does not hold it, and one as it was asked for does', () => {
    for (const feature of tried) {
      const { needs, holds } = recipes[feature];
      if (holds === null) continue;
      const draft = draftOf(feature, needs?.pick(account) ?? {}, { subject: 'Drill', pdfBase64: 'JVBERi0=' });
      const { recipients } = draft as { recipients: { signers: Record<string, unknown>[] } };
      expect(holds(draft, recipients.signers[0] ?? {}), feature).toBe(true);
      expect(holds({}, { identityVerification: null, tabs: {}, requireIdLookup: 'false' }), feature).toBe(false);
    }
  });
});
