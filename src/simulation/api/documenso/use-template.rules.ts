import { type Loose, numberAt, textAt } from '../read-json.rules.ts';
import type { DocumensoState, StoredEnvelope } from './documenso-state.rules.ts';
import { attempt } from './v2-requests.rules.ts';

type Wanted = {
  /** People in the place of the template's, by the `id` of those. */
  recipients: readonly Loose[];
  externalId: string | null;
  title?: string | null;
  /** Beside the template's own. */
  meta?: Loose;
  /** In the place of the template's, when there are any. */
  files?: readonly { title: string; bytes: Buffer }[];
  distribute: boolean;
  nowMs: number;
};

/** Makes a document from a template, and sends it if it is to be. It is told of with TEMPLATE_USED as well. */
export function useTemplate(state: DocumensoState, template: StoredEnvelope, wanted: Wanted): StoredEnvelope {
  const { nowMs, files = [] } = wanted;
  const copied = copyOf(template);
  const recipients = copied.recipients.map((each) => {
    const asked = wanted.recipients.find((one) => numberAt(one, 'id') === each.id) ?? {};
    return { ...each, name: textAt(asked, 'name') ?? each.name, email: textAt(asked, 'email') ?? each.email };
  });
  const made = state.make(
    {
      ...copied,
      type: 'DOCUMENT',
      title: wanted.title ?? copied.title,
      externalId: wanted.externalId,
      recipients,
      files: files.length > 0 ? files : copied.files,
      meta: { ...copied.meta, ...wanted.meta },
    },
    nowMs,
  );
  const templateId = template.envelope.legacyId;
  const stored = state.put({ ...made, envelope: { ...made.envelope, source: 'TEMPLATE', templateId } });
  state.tell('DOCUMENT_CREATED', stored.envelope, nowMs);
  state.tell('TEMPLATE_USED', stored.envelope, nowMs);
  return wanted.distribute ? attempt('v2', () => state.step(stored, 'sender', 'send', nowMs)) : stored;
}

/** What a copy of an envelope is made from. Fields follow their recipients. */
export function copyOf({ envelope, items, fields, meta, folderId, visibility, formValues }: StoredEnvelope) {
  const place = (itemId: string): number => items.findIndex(({ id }) => id === itemId);
  return {
    type: envelope.type,
    title: envelope.title,
    externalId: envelope.externalId,
    recipients: envelope.recipients.map((each) => ({
      ...each,
      fields: fields
        .filter(({ recipientId }) => recipientId === each.id)
        .map(({ envelopeItemId, ...field }) => ({ ...field, identifier: place(envelopeItemId) })),
    })),
    files: items.map(({ title, original }) => ({ title, bytes: original })),
    meta: { ...meta, signingOrder: envelope.signingOrder },
    folderId,
    visibility,
    formValues,
  };
}
