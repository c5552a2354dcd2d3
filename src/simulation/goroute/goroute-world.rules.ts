import { inventCompany } from '../people.rules.ts';
import { alphabets, characters, type Random, wholeBetween } from '../random.rules.ts';
import { impossible } from '../scenario-problem.rules.ts';
import type { Scenario, Step, WorldInput } from '../simulator.ts';

export type GorouteFact = {
  event: string;
  eventId: string;
  organizationId: string;
  subject: string;
  atMs: number;
  data: object;
};

export type GorouteParticipant = { scheme: string; identifier: string; name: string };
/** One invoice on its way, out or in. */
export type GorouteInvoice = {
  transactionId: string;
  documentId: string;
  sender: GorouteParticipant;
  receiver: GorouteParticipant;
  number: string;
  netAmount: number;
};
export type GorouteState = 'none' | 'sent' | 'received' | 'done';
export type GorouteScene = {
  step: Step;
  index: number;
  nowMs: number;
  invoice: GorouteInvoice;
  state: GorouteState;
  random: Random;
};
type Outcome = { state: GorouteState; event: string; subject: string; data: object };

const invoiceType = 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2';
const downloads = 'https://app.goroute.ai/peppol-api/api/v1/documents';

/** Plays the steps one after another, on one invoice. */
export function playGoroute(scenario: Scenario, input: WorldInput): GorouteFact[] {
  const { random, shared } = input;
  const organizationId = `org_${characters(shared, 12, alphabets.lower)}`;
  const company = participant(scenario.about['sender'], `0088:${characters(shared, 13, alphabets.digits)}`, shared);
  const invoice = makeInvoice(scenario, company, random);
  let state: GorouteState = 'none';
  let nowMs = input.startMs;
  return scenario.steps.map((step, index) => {
    nowMs += step.afterSeconds * 1000;
    const { event, subject, data, ...next } = takeGorouteStep({ step, index, nowMs, invoice, state, random });
    state = next.state;
    const eventId = `evt_${characters(random, 12, alphabets.lower)}`;
    return { event, eventId, organizationId, subject, atMs: nowMs, data };
  });
}

/** Lets somebody do something with an invoice. Throws a ScenarioProblem where that cannot happen. */
export function takeGorouteStep(scene: GorouteScene): Outcome {
  const { invoice, nowMs, step } = scene;
  const { transactionId, documentId } = invoice;
  const at = new Date(nowMs).toISOString();
  switch (step.does) {
    case 'send':
      demand(scene, 'none', 'let one scenario tell of one invoice');
      return onTransaction('sent', 'transaction.created', invoice, { status: 'pending', created_at: at });
    case 'deliver': {
      demand(scene, 'sent', 'let the company send it before');
      const messageId = `msg_${characters(scene.random, 12, alphabets.lower)}`;
      return onTransaction('done', 'transaction.delivered', invoice, {
        status: 'delivered',
        delivered_at: at,
        message_id: messageId,
      });
    }
    case 'fail': {
      demand(scene, 'sent', 'let the company send it before');
      const code = String(step.fields['code'] ?? 'DELIVERY_FAILED');
      const message = String(step.fields['message'] ?? 'The receiving access point refused the document');
      return onTransaction('done', 'transaction.failed', invoice, {
        status: 'failed',
        failed_at: at,
        error: { code, message },
      });
    }
    case 'receive':
      demand(scene, 'none', 'let one scenario tell of one invoice');
      return { state: 'received', event: 'document.received', subject: documentId, data: received(invoice, at) };
    case 'validate': {
      demand(scene, 'received', 'let the network receive it before');
      const passed = { passed: true };
      const schematron = { passed: true, warnings: 0, errors: 0 };
      const layers = { schema: passed, schematron, business_rules: passed };
      const data = { document_id: documentId, valid: true, validation_layers: layers, warnings: [] };
      return { state: 'done', event: 'document.validated', subject: documentId, data };
    }
    case 'refuse': {
      demand(scene, 'received', 'let the network receive it before');
      const rule = String(step.fields['rule'] ?? 'BR-CO-15');
      const message = String(step.fields['message'] ?? 'The total with VAT is not the total without VAT plus the VAT');
      const errors = [{ rule, location: '/Invoice/LegalMonetaryTotal', message }];
      const data = { document_id: documentId, transaction_id: transactionId, valid: false, errors };
      return { state: 'done', event: 'document.failed_validation', subject: documentId, data };
    }
    default: {
      const { scheme, identifier, name } = invoice.sender;
      const data = { participant: { scheme, identifier, name }, updated_at: at };
      return { state: scene.state, event: 'participant.updated', subject: `${scheme}:${identifier}`, data };
    }
  }
}

function onTransaction(state: GorouteState, event: string, invoice: GorouteInvoice, more: object): Outcome {
  const { transactionId, sender, receiver, number } = invoice;
  const data = { transaction_id: transactionId, ...more, sender, receiver, document_type: invoiceType };
  return { state, event, subject: transactionId, data: { ...data, invoice_number: number } };
}

function received(invoice: GorouteInvoice, at: string): object {
  const tax = Math.round(invoice.netAmount * 21) / 100;
  return {
    transaction_id: invoice.transactionId,
    document_id: invoice.documentId,
    sender: invoice.receiver,
    receiver: invoice.sender,
    document_type: invoiceType,
    document_type_code: '380',
    invoice_number: invoice.number,
    issue_date: at.slice(0, 10),
    currency: 'EUR',
    total_amount: invoice.netAmount + tax,
    tax_amount: tax,
    received_at: at,
    download_url: `${downloads}/${invoice.documentId}/download`,
    attachments: [],
  };
}

function demand({ state, step, index }: GorouteScene, wanted: GorouteState, remedy: string): void {
  const words = {
    none: 'nothing has happened',
    sent: 'it is on its way',
    received: 'it has arrived',
    done: 'it is done',
  };
  if (state !== wanted) throw impossible(index, `cannot ${step.does} the invoice: ${words[state]}`, remedy);
}

function makeInvoice(scenario: Scenario, company: GorouteParticipant, random: Random): GorouteInvoice {
  const { receiver, invoiceNumber } = scenario.about;
  return {
    transactionId: `tx_${characters(random, 12, alphabets.lower)}`,
    documentId: `doc_${characters(random, 12, alphabets.lower)}`,
    sender: company,
    receiver: participant(receiver, '9915:phase4-test-receiver', random),
    number: typeof invoiceNumber === 'string' ? invoiceNumber : `INV-${wholeBetween(random, 10_000, 99_999)}`,
    netAmount: wholeBetween(random, 10, 5000),
  };
}

function participant(asked: unknown, otherwise: string, random: Random): GorouteParticipant {
  const whole = typeof asked === 'string' ? asked : otherwise;
  const [scheme = '', ...rest] = whole.split(':');
  return { scheme, identifier: rest.join(':'), name: inventCompany(random) };
}
