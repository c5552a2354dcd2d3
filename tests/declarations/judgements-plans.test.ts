import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { problemsOfDeclarations } from '../../src/declarations/check-declarations.rules.ts';
import {
  judgePlan,
  type PlanFacts,
  readRecord,
} from '../../src/readiness/collectors/providers/docusign.account.not-trial.rules.ts';

const body = {
  accountName: 'Ada Lovelace',
  planName: 'Personal - Annual',
  planClassification: 'business',
  paymentMethod: 'CreditCard',
  suspensionStatus: '',
  envelopeSendingBlocked: 'false',
  billingPeriodEnvelopesAllowed: '500',
  billingPeriodEnvelopesSent: '100',
  billingPeriodDaysRemaining: '20',
};
const declared = { plans: ['Personal - Annual'], envelopesPer30Days: 500 };
const facts = (change: object = {}): Extract<PlanFacts, { concerned: true }> => {
  const record = readRecord({ ...body, ...change });
  if (record === null) throw new Error('no record');
  return { concerned: true, accountId: 'a', declared, read: { record, why: null } };
};

describe('docusign.account.not-trial', () => {
  test.each([
    [{}, 'passed'],
    [{ planName: 'DocuSign Free Trial' }, 'failed'],
    [{ planName: 'DocuSign Demo Plan' }, 'failed'],
    [{ planName: 'Developer' }, 'failed'],
    [{ planName: 'Freelancers - Annual' }, 'unknown'],
    [{ planName: 'Business' }, 'unknown'],
    [{ planName: ' personal  - annual ' }, 'passed'],
    [{ planName: undefined }, 'unknown'],
    [{ planName: '' }, 'unknown'],
    [{ planClassification: 'free' }, 'failed'],
    [{ planClassification: undefined }, 'passed'],
    [{ paymentMethod: 'FreeTrial' }, 'failed'],
    [{ paymentMethod: 'Freemium' }, 'failed'],
    [{ suspensionStatus: 'Suspended' }, 'failed'],
    [{ suspensionStatus: true }, 'failed'],
    [{ suspensionStatus: 'false' }, 'passed'],
    [{ suspensionStatus: null }, 'passed'],
    [{ suspensionStatus: 'pending' }, 'unknown'],
    [{ envelopeSendingBlocked: 'true' }, 'failed'],
    [{ envelopeSendingBlocked: undefined }, 'unknown'],
    [{ billingPeriodEnvelopesAllowed: '499' }, 'failed'],
    [{ billingPeriodEnvelopesAllowed: 'unlimited', billingPeriodEnvelopesSent: '' }, 'passed'],
    [{ billingPeriodEnvelopesAllowed: 'plenty' }, 'unknown'],
    [{ billingPeriodEnvelopesAllowed: '' }, 'unknown'],
    [{ billingPeriodEnvelopesAllowed: '-1' }, 'unknown'],
    [{ billingPeriodEnvelopesSent: 'some' }, 'unknown'],
    [{ billingPeriodEnvelopesSent: '166' }, 'passed'],
    [{ billingPeriodEnvelopesSent: '167' }, 'failed'],
    [{ billingPeriodEnvelopesSent: '600' }, 'failed'],
    [{ billingPeriodEnvelopesSent: '1', billingPeriodDaysRemaining: '300' }, 'failed'],
    [{ billingPeriodEnvelopesSent: '0', billingPeriodDaysRemaining: '300' }, 'passed'],
    [{ billingPeriodDaysRemaining: '' }, 'unknown'],
    [{ billingPeriodDaysRemaining: '', billingPeriodEnvelopesSent: '0' }, 'passed'],
  ])('%o: %s', (change, state) => {
    expect(judgePlan(facts(change)).state).toBe(state);
  });

  test('a plan that shows itself unpaid fails, whatever is declared', () => {
    const plan = facts({ planName: 'Free Trial' });
    expect(judgePlan({ ...plan, declared: { ...declared, plans: ['Free Trial'] } }).state).toBe('failed');
    expect(judgePlan({ ...plan, declared: null }).state).toBe('failed');
  });

  test('nothing declared, no account entered, or no record leaves it unknown; a sandbox is not concerned', () => {
    expect(judgePlan({ ...facts(), declared: null })).toMatchObject({
      state: 'unknown',
      command: expect.stringContaining('declarations set') as string,
    });
    expect(judgePlan({ ...facts(), accountId: null, read: null }).state).toBe('unknown');
    expect(judgePlan({ ...facts(), read: { record: null, why: 'the answer was 403' } }).state).toBe('unknown');
    expect(judgePlan({ concerned: false, why: 'It is a connection to the sandbox.' }).state).toBe('not-applicable');
  });

  test('of a record nothing is kept but what the plan is judged by, and what is none is told', () => {
    expect(JSON.stringify(judgePlan(facts()))).not.toContain('Ada');
    expect(readRecord({ planName: 'x'.repeat(5_000) })?.planName).toHaveLength(100);
    for (const each of [null, 'text', [body]]) expect(readRecord(each)).toBeNull();
  });

  test('no plan passes that is not declared', () => {
    fc.assert(
      fc.property(fc.string(), (planName) => {
        fc.pre(planName.trim().replace(/\s+/g, ' ').toLowerCase() !== 'personal - annual');
        expect(judgePlan(facts({ planName })).state).not.toBe('passed');
      }),
    );
  });
});

test('paid plans of a connection are declared once', () => {
  const connection = 'con_01kajxkkj8ffkr1g8xs6a3ek0r';
  const paidPlans = [declared, declared].map((each) => ({ connection, ...each }));
  expect(problemsOfDeclarations({ paidPlans }, 0)).toEqual([
    { pointer: '/parts/paidPlans/1', message: 'is declared twice' },
  ]);
});
