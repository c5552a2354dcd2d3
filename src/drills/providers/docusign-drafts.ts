import { setTimeout as delay } from 'node:timers/promises';
import { makePdf } from '../../simulation/pdf.rules.ts';
import { callThrough, isTaken, type OwnAnswer, toldAnswer } from '../reliability/own-connection.ts';
import type { Stage } from '../stage.ts';
import type { Trial } from './docusign.account.plan-covers-features.rules.ts';
import { draftOf, nobody, recipes, type TriedFeature } from './feature-drafts.rules.ts';

/** Drafts of one account through a connection. */
type Drafts = {
  /** Makes a draft with a feature, or a plain one, and reads it back. @throws when the drill was stopped */
  tryFeature(feature: TriedFeature | null): Promise<Trial>;
  /** Removes what was made, here and by runs that were killed. Answers what is left; null: it could not be seen. */
  removeAll(): Promise<string[] | null>;
};

type BulkListSummary = { bulkSendListId?: unknown; name?: unknown };

const json = { 'content-type': 'application/json' };
const pdfBytes = 2_000;
const listedMost = 1_000;
/** Drafts of a run that was killed are looked for so far back. */
const lookBackMs = 30 * 86_400_000;
/** What was made is removed, though the drill was stopped meanwhile. */
const cleaningMs = 90_000;
const rounds = 10;
const movesMost = 3;
const betweenMs = 3_000;

export function draftsOf(stage: Stage, connectionId: string, accountId: string): Drafts {
  const at = `/v2.1/accounts/${encodeURIComponent(accountId)}`;
  /** Tells our drafts from everybody else's, in every run. */
  const subject = `Posthorn drill of ${connectionId}: a draft that nobody gets`;
  const pdfBase64 = makePdf(pdfBytes).toString('base64');
  const made = new Set<string>();
  const lists = new Set<string>();
  let triesLists = false;
  const call = (method: string, below: string, body?: object, signal = stage.signal): Promise<OwnAnswer> =>
    callThrough(stage, connectionId, method, at + below, {
      signal,
      ...(body === undefined ? {} : { headers: json, body: JSON.stringify(body) }),
    });

  async function tryFeature(feature: TriedFeature | null): Promise<Trial> {
    const needs = feature === null ? undefined : recipes[feature].needs;
    let picked: ReturnType<NonNullable<typeof needs>['pick']> = {};
    if (needs !== undefined) {
      const found = await call('GET', needs.below);
      if (!isTaken(found)) return { feature, ...notTaken(found) };
      picked = needs.pick(found.body);
      if (picked === null) return { feature, outcome: 'lacking', answer: needs.what };
    }
    const answer = await call('POST', '/envelopes', draftOf(feature, picked, { subject, pdfBase64 }));
    const { envelopeId } = answer.body;
    if (typeof envelopeId === 'string') made.add(envelopeId);
    if (!isTaken(answer)) return { feature, ...notTaken(answer) };
    if (typeof envelopeId !== 'string') return { feature, outcome: 'unclear', answer: 'answered without an id' };
    const read = await call('GET', `/envelopes/${encodeURIComponent(envelopeId)}?include=recipients,tabs`);
    if (!isTaken(read)) return { feature, outcome: 'unclear', answer: `read back, and that ${toldAnswer(read)}` };
    const state = stateOf(answer, read);
    // What an earlier run that was stopped still removes may be this one too.
    if (state === 'deleted') return { feature, outcome: 'unclear', answer: 'deleted by somebody else' };
    if (state !== 'created') return { feature, outcome: 'sent', answer: state };
    const [signer = {}] = (read.body['recipients'] as { signers?: object[] } | undefined)?.signers ?? [];
    const holds = feature === null ? null : recipes[feature].holds;
    if (holds !== null && !holds(read.body, { ...signer })) return { feature, outcome: 'dropped', answer: 'left out' };
    if (feature === 'bulk-sending') return { feature, ...(await tryList(envelopeId)) };
    return { feature, outcome: 'taken', answer: `answered ${answer.status}` };
  }

  /** A list of one that the draft could be sent to; asked whether it could, and not sent. */
  async function tryList(envelopeOrTemplateId: string): Promise<Omit<Trial, 'feature'>> {
    triesLists = true;
    const bulkCopies = [{ recipients: [{ recipientId: '1', ...nobody }] }];
    const list = await call('POST', '/bulk_send_lists', { name: subject, bulkCopies });
    const { listId } = list.body;
    if (typeof listId === 'string') lists.add(listId);
    if (!isTaken(list)) return notTaken(list);
    if (typeof listId !== 'string') return { outcome: 'unclear', answer: 'answered without the id of a list' };
    const tried = await call('POST', `/bulk_send_lists/${encodeURIComponent(listId)}/test`, { envelopeOrTemplateId });
    if (!isTaken(tried)) return notTaken(tried);
    if (String(tried.body['canBeSent']) === 'true') return { outcome: 'taken', answer: `answered ${tried.status}` };
    const [why = 'without a reason'] = (tried.body['validationErrors'] as unknown[] | undefined) ?? [];
    return { outcome: 'unclear', answer: `found not to fit its list (${String(why).slice(0, 100)})` };
  }

  async function removeAll(): Promise<string[] | null> {
    const signal = AbortSignal.timeout(cleaningMs);
    const stay = triesLists ? await removeLists(signal) : [];
    // A list that never showed what was there cannot show that it is gone.
    const isSeen = (listed: readonly string[]): boolean => made.size === 0 || listed.some((id) => made.has(id));
    const before = await listUntil(isSeen, signal);
    let left = [...new Set([...made, ...(before ?? [])])];
    for (let round = 1; left.length > 0 && round <= movesMost; round += 1) {
      // DocuSign deletes an envelope by moving it into the recycle bin, which voids what is under way.
      const moved = await call('PUT', '/folders/recyclebin', { envelopeIds: left }, signal);
      stage.note('Drafts were moved into the recycle bin.', { drafts: left.length, answer: toldAnswer(moved) });
      const after = await listUntil((listed) => listed.length === 0, signal, isTaken(moved) ? rounds : 1);
      if (after === null) return null;
      left = after;
      if (isTaken(moved)) break;
      await pauseFor(stage.paced(betweenMs, 100), signal);
    }
    const isKnown = left.length > 0 || (before !== null && isSeen(before));
    return isKnown ? [...stay, ...left] : null;
  }

  /** Lists for bulk sending, those of runs that were killed too. Answers what could not be deleted. */
  async function removeLists(signal: AbortSignal): Promise<string[]> {
    const { body } = await call('GET', '/bulk_send_lists', undefined, signal);
    const listed = (Array.isArray(body['bulkListSummaries']) ? body['bulkListSummaries'] : []) as BulkListSummary[];
    for (const { bulkSendListId, name } of listed) if (name === subject) lists.add(String(bulkSendListId));
    const stay: string[] = [];
    for (const id of lists) {
      const deleted = await call('DELETE', `/bulk_send_lists/${encodeURIComponent(id)}`, undefined, signal);
      if (!isTaken(deleted)) stay.push(id);
      stage.note('A list for bulk sending was deleted.', { answer: toldAnswer(deleted) });
    }
    return stay;
  }

  /** The drafts as they are listed once it is so, or at last; null: they could not be listed. */
  async function listUntil(
    isSo: (listed: readonly string[]) => boolean,
    signal: AbortSignal,
    most = rounds,
  ): Promise<string[] | null> {
    for (let round = 1; ; round += 1) {
      const listed = await listDrafts(signal);
      if (round >= most || (listed !== null && isSo(listed))) return listed;
      await pauseFor(stage.paced(betweenMs, 100), signal);
    }
  }

  /** Ours among the drafts of 30 days, which DocuSign lists as envelopes of a folder between two dates. */
  async function listDrafts(signal: AbortSignal): Promise<string[] | null> {
    const nowMs = Date.now();
    const query = new URLSearchParams({
      from_date: new Date(nowMs - lookBackMs).toISOString(),
      to_date: new Date(nowMs + 60_000).toISOString(),
      folder_ids: 'drafts',
      order: 'desc',
      count: String(listedMost),
    });
    const { status, body } = await call('GET', `/envelopes?${query.toString()}`, undefined, signal);
    if (status !== 200) return null;
    const envelopes = (Array.isArray(body['envelopes']) ? body['envelopes'] : []) as Record<string, unknown>[];
    return envelopes.flatMap(({ envelopeId, emailSubject }) => {
      const isOurs = emailSubject === subject || made.has(String(envelopeId));
      return isOurs && typeof envelopeId === 'string' ? [envelopeId] : [];
    });
  }

  return { tryFeature, removeAll };
}

/** 4xx of DocuSign itself is a refusal; what Posthorn answers instead, too many requests and no answer tell nothing. */
function notTaken(answer: OwnAnswer): Pick<Trial, 'outcome' | 'answer'> {
  const { status, body } = answer;
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429 && body['code'] === undefined;
  return { outcome: isRefusal ? 'refused' : 'unclear', answer: toldAnswer(answer) };
}

/** `created` where both answers say so and no time of sending is on record; otherwise what they say. */
function stateOf(made: OwnAnswer, read: OwnAnswer): string {
  const states = [made.body['status'], read.body['status']].map((each) => String(each).toLowerCase().slice(0, 50));
  const sentAt = read.body['sentDateTime'];
  if (sentAt !== undefined && sentAt !== null && sentAt !== '') return 'sent';
  return states.find((each) => each !== 'created') ?? 'created';
}

async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  // When there is no time left, the next call says so.
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
