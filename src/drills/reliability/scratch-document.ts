import { makePdf } from '../../simulation/pdf.rules.ts';
import { ublDocument, type UblParty } from '../providers/ubl-document.rules.ts';
import type { Stage } from '../stage.ts';
import { callThrough, isTaken, type OwnAnswer, toldAnswer } from './own-connection.ts';

/** Something that was made at a provider so that it sends a webhook. */
type ScratchDocument = {
  /** As its events name it. */
  subject: string;
  /** What was made, for the transcript. */
  says: string;
  /** Takes it back as far as the provider lets; says how that went. */
  remove(): Promise<string>;
};

/** Why there is none. */
type Refused = { refused: string };

type ScratchInput = {
  connectionId: string;
  options: Readonly<Record<string, unknown>>;
  /** Who the team is in the Peppol network, as it declared. */
  sender: UblParty | null;
};

/** Nobody's address (RFC 2606). */
const person = { email: 'posthorn-drill@example.com', name: 'Posthorn drill' };
const title = 'Posthorn drill: nobody has to sign this';
const pdfBytes = 2_000;
/** GoRoute's receiver for tests that takes what it gets. */
const testReceiver: UblParty = { scheme: '9915', value: 'phase4-test-receiver', name: 'Test receiver', country: 'AT' };
/** What is made is taken back, though the drill was stopped meanwhile. */
const cleaningMs = 30_000;
const json = { 'content-type': 'application/json' };

type Maker = (stage: Stage, input: ScratchInput) => Promise<ScratchDocument | Refused>;

/** By provider: those where a client can cause a webhook by itself. */
const makers: Readonly<Record<string, Maker>> = {
  documenso: makeEnvelope,
  docusign: sendEnvelope,
  goroute: sendInvoice,
};

export function canMakeScratch(provider: string): boolean {
  return Object.hasOwn(makers, provider);
}

export async function makeScratch(
  stage: Stage,
  provider: string,
  input: ScratchInput,
): Promise<ScratchDocument | Refused> {
  const make = makers[provider];
  return make === undefined ? { refused: `Nothing can be made at ${provider} from here` } : make(stage, input);
}

/** Made and sent without an e-mail: either is told by a webhook, whichever the team chose. */
async function makeEnvelope(stage: Stage, { connectionId }: ScratchInput): Promise<ScratchDocument | Refused> {
  const at = '/api/v2/envelope';
  const form = new FormData();
  const recipients = [{ ...person, role: 'SIGNER' }];
  form.set('payload', JSON.stringify({ type: 'DOCUMENT', title, recipients }));
  form.set('files', new Blob([new Uint8Array(makePdf(pdfBytes))], { type: 'application/pdf' }), 'drill.pdf');
  const made = await callThrough(stage, connectionId, 'POST', `${at}/create`, { body: form });
  const { id } = made.body;
  if (!isTaken(made) || typeof id !== 'string') return { refused: refusal('a document', made) };
  const post = (path: string, body: object, signal?: AbortSignal): Promise<OwnAnswer> =>
    callThrough(stage, connectionId, 'POST', `${at}${path}`, {
      body: JSON.stringify(body),
      headers: json,
      ...(signal === undefined ? {} : { signal }),
    });
  const sent = await post('/distribute', { envelopeId: id, meta: { distributionMethod: 'NONE' } });
  return {
    subject: id,
    says: `A document was made in the sandbox, and sending it was ${toldAnswer(sent)}.`,
    async remove() {
      const signal = AbortSignal.timeout(cleaningMs);
      if (isTaken(sent)) await post('/cancel', { envelopeId: id }, signal);
      return `Deleting it was ${toldAnswer(await post('/delete', { envelopeId: id }, signal))}.`;
    },
  };
}

async function sendEnvelope(stage: Stage, { connectionId, options }: ScratchInput): Promise<ScratchDocument | Refused> {
  const { accountId } = options;
  if (typeof accountId !== 'string' || accountId === '') {
    return { refused: 'The option accountId of the connection does not say in which account an envelope is made' };
  }
  const at = `/v2.1/accounts/${encodeURIComponent(accountId)}/envelopes`;
  const made = await callThrough(stage, connectionId, 'POST', at, {
    headers: json,
    body: JSON.stringify({
      status: 'sent',
      emailSubject: title,
      documents: [{ documentId: '1', name: 'drill.pdf', documentBase64: makePdf(pdfBytes).toString('base64') }],
      recipients: { signers: [{ recipientId: '1', ...person }] },
    }),
  });
  const { envelopeId } = made.body;
  if (!isTaken(made) || typeof envelopeId !== 'string') return { refused: refusal('an envelope', made) };
  return {
    subject: envelopeId,
    says: 'An envelope was sent in the sandbox.',
    async remove() {
      const voided = await callThrough(stage, connectionId, 'PUT', `${at}/${encodeURIComponent(envelopeId)}`, {
        headers: json,
        body: JSON.stringify({ status: 'voided', voidedReason: 'It was a drill of Posthorn.' }),
        signal: AbortSignal.timeout(cleaningMs),
      });
      return `Voiding it was ${toldAnswer(voided)}.`;
    },
  };
}

async function sendInvoice(stage: Stage, { connectionId, sender }: ScratchInput): Promise<ScratchDocument | Refused> {
  if (sender === null) {
    return { refused: 'No own participant with a country and a name is declared (participants), so nobody can send' };
  }
  const nowMs = Date.now();
  const number = `POSTHORN-${nowMs.toString(36).toUpperCase()}`;
  const issuedOn = new Date(nowMs).toISOString().slice(0, 10);
  const text = 'Drill of Posthorn in the sandbox';
  const sent = await callThrough(stage, connectionId, 'POST', '/api/v1/send', {
    headers: { 'content-type': 'application/xml', 'idempotency-key': number },
    body: ublDocument({ kind: 'invoice', number, issuedOn, supplier: sender, customer: testReceiver, text }),
  });
  const { transaction_id: transaction } = sent.body;
  if (!isTaken(sent) || typeof transaction !== 'string') return { refused: refusal('an invoice', sent) };
  return {
    subject: transaction,
    says: 'An invoice was sent to the test receiver of the sandbox.',
    remove: () => Promise.resolve('It stays in the sandbox: GoRoute says of no way to take it back.'),
  };
}

function refusal(what: string, answer: OwnAnswer): string {
  return `Making ${what} in the sandbox was ${toldAnswer(answer)}`;
}
