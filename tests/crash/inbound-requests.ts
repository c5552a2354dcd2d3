import { createHmac } from 'node:crypto';

export type Provider = 'documenso' | 'goroute';

/** One thing a provider tells: all requests about it must become one event. */
export type Notification = {
  provider: Provider;
  teamId: string;
  sourceId: string;
  event: string;
  mark: string;
  /** The envelope or transaction it is about. */
  subject: string;
  /** Its place among those of its subject that are sent one after another; null for one that is sent on its own. */
  sequence: number | null;
  text: string;
};

/** What can be read back from a body, whoever has it: the database, the spool or a receiver. */
export type Told = { name: string; subject: string; sequence: number | null };

/** Types by what they are for: `next` also go to the ordered endpoint. */
export const inboundEvents = {
  documenso: { next: 'DOCUMENT_OPENED', single: ['DOCUMENT_SIGNED', 'DOCUMENT_COMPLETED'] },
  goroute: { next: 'transaction.created', single: ['transaction.delivered', 'document.received'] },
} as const satisfies Record<Provider, { next: string; single: readonly string[] }>;

export const inboundSecret = 'secret-of-every-source-in-the-crash-rounds';
const longAgo = '2026-01-05T10:00:00.000Z';

/** By this every party tells notifications apart: Documenso sends one payload under several events. */
export function nameOf({ event, mark }: { event: string; mark: string }): string {
  return `${event} ${mark}`;
}

/** The request as its provider makes it. Documenso makes `createdAt` anew for each; GoRoute repeats what it sent. */
export function requestOf(told: Notification): { body: string; headers: Record<string, string> } {
  if (told.provider === 'documenso') {
    const body = JSON.stringify({
      event: told.event,
      payload: documentOf(told),
      createdAt: new Date().toISOString(),
      webhookEndpoint: 'https://posthorn.example/in',
    });
    return { body, headers: { 'content-type': 'application/json', 'x-documenso-secret': inboundSecret } };
  }
  const body = JSON.stringify({
    event: told.event,
    event_id: told.mark,
    timestamp: longAgo,
    organization_id: 'org-1',
    data: { transaction_id: told.subject, sequence: told.sequence, text: told.text },
  });
  const signature = `sha256=${createHmac('sha256', inboundSecret).update(body).digest('hex')}`;
  const headers = { 'x-goroute-signature': signature, 'x-goroute-event-id': told.mark };
  return { body, headers: { 'content-type': 'application/json', ...headers } };
}

/** Null when the body is none of these providers'. */
export function readTold(body: string): Told | null {
  const { event, payload, event_id: mark, data } = JSON.parse(body) as Body;
  if (payload !== undefined) {
    const { envelopeId: subject, externalId, formValues } = payload;
    return { name: nameOf({ event, mark: externalId }), subject, sequence: formValues.sequence };
  }
  if (mark === undefined || data === undefined) return null;
  return { name: nameOf({ event, mark }), subject: data.transaction_id, sequence: data.sequence };
}

type Body = {
  event: string;
  payload?: { envelopeId: string; externalId: string; formValues: { sequence: number | null } };
  event_id?: string;
  data?: { transaction_id: string; sequence: number | null };
};

function documentOf({ mark, subject, sequence, text }: Notification): object {
  return {
    id: 1,
    envelopeId: subject,
    externalId: mark,
    userId: 1,
    formValues: { sequence },
    visibility: 'EVERYONE',
    title: text,
    status: 'PENDING',
    createdAt: longAgo,
    updatedAt: longAgo,
    completedAt: null,
    deletedAt: null,
    teamId: 1,
    templateId: null,
    source: 'DOCUMENT',
    recipients: [],
    Recipient: [],
  };
}
