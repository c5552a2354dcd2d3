import type { DocusignEnvelope, DocusignRecipient } from './envelope.rules.ts';

/** An event, and the recipient that it is about if it is about one. */
export type Told = readonly [event: string, recipientId: string | null];
/** What a step makes of an envelope, and what is told of it. */
export type Outcome = { envelope: DocusignEnvelope; tells: readonly Told[] };

/** Sends to everybody whose turn it is: the lowest routing order in which a signer is not done. */
export function invite(envelope: DocusignEnvelope, nowMs: number): Outcome {
  const turn = envelope.recipients.find((each) => signs(each) && each.status !== 'completed')?.routingOrder;
  const isDue = (each: DocusignRecipient): boolean =>
    each.status === 'created' && turn !== undefined && each.routingOrder <= turn;
  const recipients = envelope.recipients.map((each) =>
    isDue(each) ? ({ ...each, status: 'sent', sentAtMs: nowMs } as const) : each,
  );
  const due = envelope.recipients.filter((each) => signs(each) && isDue(each));
  return {
    envelope: { ...envelope, recipients },
    tells: due.map(({ recipientId }) => ['recipient-sent', recipientId] as const),
  };
}

/** An envelope counts as delivered when everybody who signs has seen it. */
export function withDelivered(envelope: DocusignEnvelope, tells: readonly Told[], nowMs: number): Outcome {
  const all = envelope.recipients.every((each) => !signs(each) || each.deliveredAtMs !== null);
  if (!all) return { envelope, tells };
  return {
    envelope: { ...envelope, status: 'delivered', deliveredAtMs: nowMs, changedAtMs: nowMs },
    tells: [...tells, ['envelope-delivered', null]],
  };
}

export function changed(
  envelope: DocusignEnvelope,
  recipient: DocusignRecipient,
  change: Partial<DocusignRecipient>,
): DocusignEnvelope {
  const { recipientId } = recipient;
  return {
    ...envelope,
    recipients: envelope.recipients.map((each) => (each.recipientId === recipientId ? { ...each, ...change } : each)),
  };
}

export function signs(recipient: DocusignRecipient): boolean {
  return recipient.role === 'signer';
}
