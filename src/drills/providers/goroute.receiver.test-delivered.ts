import { createHash } from 'node:crypto';
import type { DeclarationParts } from '../../declarations/declaration-schemas.ts';
import type { Subject } from '../../readiness/finding.ts';
import type { Drill } from '../drill.ts';
import type { DrillTeam } from '../reliability/drill-team.ts';
import { callThrough, isTaken, toldAnswer } from '../reliability/own-connection.ts';
import { ownTeam } from '../reliability/subject-endpoint.ts';
import type { Stage } from '../stage.ts';
import {
  judgeTestDelivery,
  type SentTest,
  type TestDelivery,
  type TestKind,
} from './goroute.receiver.test-delivered.rules.ts';
import { ownParticipant } from './own-participant.ts';
import { findSent, type Former, noteSent } from './sent-tests.ts';
import { readTestState, type TestState } from './test-state.ts';
import { ublDocument, type UblParty } from './ubl-document.rules.ts';

type ConnectionView = {
  id: string;
  provider: string;
  environment: string;
  status: string;
  sources: string[];
  options: { lookupPath?: string };
};
type Recipient = NonNullable<DeclarationParts['testRecipients']>[number];
type Declared = { parts: DeclarationParts; confirmed: { testRecipients?: { by: string } } };
/** `attempt` counts from 1; `invoiceAttempt` is that of the invoice which a credit note takes back. */
type About = { agreement: string; kind: TestKind; attempt: number; invoiceAttempt: number };
type Setting = { stage: Stage; team: DrillTeam; connection: ConnectionView; sender: UblParty; recipient: Recipient };

const checkId = 'goroute.receiver.test-delivered';
const kinds: readonly TestKind[] = ['invoice', 'credit-note'];
/** In one run: what takes longer is found by the next. */
const waitMs = 300_000;
/** Nothing is published of GoRoute's limits, and webhooks tell sooner. */
const readEveryMs = 60_000;
const askEveryMs = 1_000;
const dayMs = 86_400_000;
/** Of an agreement before anything is sent: what was sent under it stays on record for longer. */
const longestDays = 60;
const text = 'Test of the connection by Posthorn';

export const testDelivered: Drill = {
  checkId,
  subject: 'connection',
  version: 1,
  comparesDeclarations: true,
  does: 'Sends an invoice over one euro and its credit note to the recipient that is declared, and follows both; what an earlier run sent is only followed.',
  touches: 'integration',
  safeInProduction: false,
  irrevocable: 'sends an invoice over one euro and a credit note to the declared recipient',
  limitSeconds: 900,
  run: async (stage, subject) => judgeTestDelivery(await deliver(stage, subject)),
};

async function deliver(stage: Stage, subject: Subject): Promise<TestDelivery> {
  const team = ownTeam(stage);
  const connection = (await team.want('GET', `/connections/${subject.id}`)) as ConnectionView;
  if (connection.provider !== 'goroute') return { reached: 'not-concerned', why: 'It is no connection to GoRoute.' };
  if (connection.environment !== 'production') {
    return { reached: 'not-concerned', why: 'It is a connection to the sandbox.' };
  }
  const { parts, confirmed } = (await team.want('GET', '/declarations')) as Declared;
  const recipient = parts.testRecipients?.find((each) => each.connection === connection.id);
  const sender = await ownParticipant(team);
  if (recipient === undefined) {
    const what = 'It is not declared who agreed to get a test invoice through this connection (testRecipients).';
    return { reached: 'undeclared', what };
  }
  if (sender === null) {
    return { reached: 'undeclared', what: 'No own participant with a name and a country is declared (participants).' };
  }
  if (connection.sources.length === 0) {
    const what = 'The connection names no source, so no webhook can tell what became of an invoice.';
    return { reached: 'undeclared', what };
  }
  const setting = { stage, team, connection, sender, recipient };
  const lookup = await lookUp(setting);
  if (lookup.registered !== true) return { reached: 'lookup', ...lookup };

  const agreement = agreementOf(setting);
  const documents: SentTest[] = [];
  let invoiceAttempt = 1;
  for (const [index, kind] of kinds.entries()) {
    const former = await findSent(stage, team, { checkId, subject, agreement, kind });
    if (former.length === 0 && Date.now() - Date.parse(recipient.agreedOn) > longestDays * dayMs) {
      const what = `The recipient agreed on ${recipient.agreedOn}, more than ${longestDays} days ago: ask again, and declare it.`;
      return { reached: 'undeclared', what };
    }
    const sent = await followFormer(setting, former);
    const attempt = sent === null ? former.length + 1 : (former[0]?.attempt ?? 1);
    if (kind === 'invoice') invoiceAttempt = attempt;
    const followed = sent ?? (await sendAndFollow(setting, { agreement, kind, attempt, invoiceAttempt }));
    if ('reached' in followed) return followed;
    documents.push(followed);
    stage.progress(index + 1, kinds.length);
    // A credit note takes back only what arrived.
    if (followed.end !== 'delivered') break;
  }
  const { receipt } = recipient;
  return {
    reached: 'sent',
    documents,
    receipt:
      receipt === undefined
        ? null
        : {
            transactions: receipt.transactions,
            byMember: confirmed.testRecipients?.by.startsWith('mem_') === true,
          },
    nowMs: Date.now(),
  };
}

async function lookUp({
  stage,
  connection,
  recipient,
}: Setting): Promise<{ status: number; registered: boolean | null }> {
  const path = connection.options.lookupPath ?? '/api/v1/participants/lookup';
  const parameter = path === '/participants/lookup' ? 'identifier' : 'peppol_id';
  const id = encodeURIComponent(`${recipient.scheme}:${recipient.value}`);
  const { status, body } = await callThrough(stage, connection.id, 'GET', `${path}?${parameter}=${id}`);
  const said = body['registered'] ?? body['found'];
  const registered = status === 404 ? false : typeof said === 'boolean' ? said : null;
  stage.note('The recipient was looked up.', { status, registered });
  return { status, registered };
}

/** What an earlier run sent under this agreement; null: nothing, or only what ended as failed. */
async function followFormer(setting: Setting, former: readonly Former[]): Promise<SentTest | null> {
  const [newest] = former;
  if (newest === undefined) return null;
  setting.stage.note('It was sent by an earlier run.', { ...newest });
  const followed = await follow(setting, newest);
  return followed.end === 'failed' ? null : followed;
}

async function sendAndFollow(setting: Setting, about: About): Promise<SentTest | TestDelivery> {
  const { stage, connection } = setting;
  const { agreement, kind, attempt } = about;
  const xml = documentOf(setting, about);
  const headers = { 'content-type': 'application/xml' };
  const checked = await callThrough(stage, connection.id, 'POST', '/api/v1/validate', { headers, body: xml });
  const { valid } = checked.body;
  stage.note('It was validated.', { kind, status: checked.status, valid: valid === true });
  if (valid !== true) {
    const isWrong = valid === false || checked.status === 422;
    const broken = brokenRules(checked.body);
    return { reached: 'validation', kind, answer: toldAnswer(checked), valid: isWrong ? false : null, broken };
  }
  // The same key for the same document: a run that died before it noted what it sent sends nothing twice.
  const key = `posthorn-test-${agreement}-${kind}-${attempt}`;
  const sentAtMs = Date.now();
  const sent = await callThrough(stage, connection.id, 'POST', '/api/v1/send', {
    headers: { ...headers, 'idempotency-key': key },
    body: xml,
  });
  const { transaction_id: transaction } = sent.body;
  if (!isTaken(sent) || typeof transaction !== 'string') {
    const refused = sent.status >= 400 && sent.status < 500 && sent.status !== 408 && sent.status !== 429;
    return { reached: 'sending', kind, answer: toldAnswer(sent), refused };
  }
  noteSent(stage, { agreement, kind, attempt, transaction });
  return follow(setting, { kind, transaction, sentAtMs });
}

/** Until it ended and its webhook came, or for as long as one run waits. */
async function follow(setting: Setting, sent: Omit<Former, 'attempt'>): Promise<SentTest> {
  const { stage, team, connection } = setting;
  const { kind, transaction, sentAtMs } = sent;
  let seen: TestState = { end: 'unseen', endedAtMs: null, toldByWebhook: false };
  let nextReadMs = Date.now();
  await stage.until(
    async () => {
      const mayRead = seen.end !== 'delivered' && seen.end !== 'failed' && Date.now() >= nextReadMs;
      if (mayRead) nextReadMs = Date.now() + stage.paced(readEveryMs, askEveryMs);
      seen = await readTestState(stage, team, { connection, transaction, mayRead, before: seen });
      if (!seen.toldByWebhook && seen.end !== 'failed') await stage.pause(askEveryMs);
      return seen.toldByWebhook || seen.end === 'failed' ? true : null;
    },
    stage.paced(waitMs, 15_000),
  );
  stage.note('What became of it.', { kind, transaction, end: seen.end, toldByWebhook: seen.toldByWebhook });
  return { kind, transaction, sentAtMs, ...seen };
}

/** What was agreed, as a name for what is sent under it: another day is another agreement. */
function agreementOf({ connection, sender, recipient }: Setting): string {
  const { scheme, value, agreedOn } = recipient;
  const named = [connection.id, sender.scheme, sender.value, scheme, value, agreedOn];
  return createHash('sha256').update(JSON.stringify(named)).digest('hex').slice(0, 16);
}

function documentOf({ sender, recipient }: Setting, { agreement, kind, attempt, invoiceAttempt }: About): string {
  const { scheme, value, name, country, agreedOn } = recipient;
  const stem = `POSTHORN-${agreement.slice(0, 8).toUpperCase()}`;
  const invoice = `${stem}-I${invoiceAttempt}`;
  const number = kind === 'invoice' ? invoice : `${stem}-C${attempt}`;
  return ublDocument({
    kind,
    number,
    issuedOn: agreedOn,
    supplier: sender,
    customer: { scheme, value, name, country },
    text,
    ...(kind === 'credit-note' ? { corrects: invoice } : {}),
  });
}

function brokenRules(body: Readonly<Record<string, unknown>>): string[] {
  const details = body['errors'] ?? (body['error'] as { details?: unknown } | undefined)?.details;
  const rules = (Array.isArray(details) ? details : []).flatMap((each: unknown) => {
    const { rule } = (each ?? {}) as { rule?: unknown };
    return typeof rule === 'string' ? [rule.slice(0, 100)] : [];
  });
  return rules.length === 0 ? ['the answer names no rule'] : rules;
}
