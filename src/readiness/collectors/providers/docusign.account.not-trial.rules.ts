import type { Finding } from '../../finding.ts';
import { failed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import { undeclared } from '../declared.rules.ts';

/**
 * What is read of an account's record, as DocuSign spells it; null where the record does not have it. Every value is a
 * text there, figures too.
 */
export type AccountRecord = Record<(typeof recordFields)[number], string | null>;

const recordFields = [
  'planName',
  'planClassification',
  'paymentMethod',
  'suspensionStatus',
  'envelopeSendingBlocked',
  'billingPeriodEnvelopesAllowed',
  'billingPeriodEnvelopesSent',
  'billingPeriodDaysRemaining',
] as const;

export type PlanFacts =
  | { concerned: false; why: string }
  | {
      concerned: true;
      accountId: string | null;
      /** Plans that the team says are paid for, and the envelopes that it expects; null: not declared. */
      declared: { plans: readonly string[]; envelopesPer30Days: number } | null;
      /** Null: nobody asked, as no account is entered. `why`: why there is no record. */
      read: { record: AccountRecord; why: null } | { record: null; why: string } | null;
    };

const longestText = 100;
const windowDays = 30;
const unpaidWord = /\b(free|freemium|trial|demo|developer|sandbox)\b/i;

/**
 * Not suspended, free to send, on a plan that the team says is paid for, with enough envelopes for 30 days. Fields are
 * those of AccountInformation in DocuSign's reference of GET /v2.1/accounts/{accountId}, which has `planClassification`
 * `free`, `paymentMethod` `FreeTrial` and `Freemium`, and an allowance that can be unlimited: published answers write
 * `unlimited`, and an empty `suspensionStatus`. The reference neither has a `status` nor lists what `suspensionStatus`
 * says: what is neither empty nor clearly a suspension is unknown.
 */
export function judgePlan(facts: PlanFacts): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { accountId, declared, read } = facts;
  if (accountId === null || read === null) {
    const patch = 'PATCH /v1/teams/{team}/connections/{connection} {"options": {"accountId": "…"}}';
    return unknown('Which account is meant is not entered.', {}, patch);
  }
  const command = 'posthorn connections check <connection>';
  if (read.record === null) return unknown(`The account could not be read: ${read.why}.`, { accountId }, command);
  const { record } = read;
  const { planName, suspensionStatus } = record;
  const values = {
    accountId,
    ...record,
    declaredEnvelopesPer30Days: declared?.envelopesPer30Days ?? null,
  };
  const unpaid = [planName, record.planClassification, record.paymentMethod].find((text) => saysUnpaid(text ?? ''));
  if (unpaid !== undefined) return failed(`The account is on a plan that nobody pays for: ${unpaid}.`, values);
  if (/^(suspend|true$)/i.test(suspensionStatus ?? '')) return failed('The account is suspended.', values);
  if (isYes(record.envelopeSendingBlocked)) return failed('The account is blocked from sending envelopes.', values);
  if (planName === null || planName === '') return unknown('The record of the account names no plan.', values);
  if (!/^(false)?$/i.test(suspensionStatus ?? '')) {
    return unknown(`Whether "${suspensionStatus}" is a suspension is not known.`, values);
  }
  if (!/^false$/i.test(record.envelopeSendingBlocked ?? '')) {
    return unknown('The record does not say that envelopes can be sent.', values);
  }
  if (declared === null) return undeclared('paidPlans', 'which plans are paid for, and how much is to be sent', values);
  if (!declared.plans.some((each) => plain(each) === plain(planName))) {
    return unknown(`Whether the plan ${planName} is paid for is not declared (paidPlans).`, values);
  }
  return judgeAllowance(record, declared.envelopesPer30Days, values);
}

/** All of a period is enough for 30 days, and what is left of this one for as many of them as it still has. */
function judgeAllowance(
  record: AccountRecord,
  envelopesPer30Days: number,
  values: Readonly<Record<string, string | number | null>>,
): Finding {
  const { billingPeriodEnvelopesAllowed } = record;
  if (/^unlimited$/i.test(billingPeriodEnvelopesAllowed ?? '')) {
    return passed('The account is on a paid plan and may send without a limit.', values);
  }
  const allowed = countOf(billingPeriodEnvelopesAllowed);
  if (allowed === null) return unknown('How many envelopes the plan allows cannot be told.', values);
  if (allowed < envelopesPer30Days) {
    return failed(`The plan allows ${allowed} envelopes, and ${envelopesPer30Days} are expected in 30 days.`, values);
  }
  const sent = countOf(record.billingPeriodEnvelopesSent);
  if (sent === null) return unknown('How many envelopes of the plan are used cannot be told.', values);
  const left = Math.max(0, allowed - sent);
  const daysLeft = countOf(record.billingPeriodDaysRemaining);
  if (daysLeft === null && left < envelopesPer30Days) {
    return unknown('How long what is left of the allowance has to last cannot be told.', values);
  }
  const needed = Math.ceil((envelopesPer30Days * Math.min(windowDays, daysLeft ?? windowDays)) / windowDays);
  if (left < needed) {
    return failed(`Of the allowance ${left} envelopes are left, and ${needed} are expected in its time.`, values);
  }
  return passed('The account is on a paid plan, and its allowance is enough for 30 days.', values);
}

/** What a plan is judged by, and nothing else of the record. @returns null when it is no record */
export function readRecord(body: unknown): AccountRecord | null {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return null;
  const values = body as Record<string, unknown>;
  const texts = recordFields.map((name) => {
    const value = values[name];
    const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return [name, isText ? String(value).trim().slice(0, longestText) : null];
  });
  return Object.fromEntries(texts) as AccountRecord;
}

/** `FreeTrial` is two words, and a plan for freelancers is not free. */
function saysUnpaid(text: string): boolean {
  const words = text.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ');
  return unpaidWord.test(words);
}

const isYes = (text: string | null): boolean => /^true$/i.test(text ?? '');
const plain = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase();
const countOf = (text: string | null): number | null =>
  text !== null && /^\d{1,12}$/.test(text) ? Number(text) : null;
