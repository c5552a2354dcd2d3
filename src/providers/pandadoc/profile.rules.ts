import type { InboundRequest, ProviderProfile, Rejection } from '../provider-profile.ts';
import {
  dedupeKeyOf,
  eventTypeName,
  findSigner,
  hmacOf,
  jsonOf,
  keyText,
  maskTexts,
  ofKind,
  parseHex,
  reject,
  secretProblem,
  textAt,
} from '../signature.rules.ts';

const name = 'pandadoc';

/**
 * PandaDoc signs the body with the shared key and appends `?signature=<hex HMAC-SHA256>` to the URL. Its body is an
 * array that may tell of several events. Event names: its webhook events reference.
 */
export const pandadocProfile: ProviderProfile = {
  name,
  title: 'PandaDoc',
  setup:
    "In PandaDoc's developer dashboard, make a webhook with this source's URL, and enter its shared key here. PandaDoc " +
    'may put several events into one request: Posthorn takes them as one, named after the first, and passes the body ' +
    'on whole.',
  credentialKinds: {
    'shared-key': {
      title: 'Shared key',
      description: "The shared key of the webhook, from PandaDoc's developer dashboard.",
      problemOf: (value) => secretProblem(value),
    },
  },
  options: {},
  contentTypes: ['application/json'],
  eventTypes: [
    { name: 'document_state_changed', description: 'A document has another status' },
    { name: 'document_completed_pdf_ready', description: 'The PDF of a completed document can be downloaded' },
    { name: 'document_updated', description: 'A document went back to being a draft' },
    { name: 'document_deleted', description: 'A document was deleted' },
    { name: 'document_creation_failed', description: 'A document could not be created' },
    { name: 'document_section_added', description: 'A section was added to a document' },
    { name: 'recipient_completed', description: 'A recipient did everything that was asked of them' },
    { name: 'quote_updated', description: 'A quote was saved' },
    { name: 'template_created', description: 'A template was made' },
    { name: 'template_updated', description: 'A template was changed' },
    { name: 'content_library_item_created', description: 'An item of the content library was made' },
  ],
  coverageOf: () => 'body',

  verify(request, credentials) {
    const signature = signatureOf(request);
    if (typeof signature !== 'string') return signature;
    const given = parseHex(signature, 32);
    if (given === null) return reject('signature_malformed', '?signature= is not 64 hexadecimal digits.');
    const sharedKeys = ofKind(credentials, 'shared-key');
    const signer = findSigner(sharedKeys, [given], ({ value }) => hmacOf('sha256', value, request.body));
    if (signer === null) return reject('signature_mismatch', 'No shared key makes this signature.');
    return { verified: true, credential: signer.name };
  },

  identify(request) {
    const body = jsonOf(request.body);
    const first: unknown = Array.isArray(body) ? body[0] : body;
    return {
      eventType: eventTypeName(name, textAt(first, 'event')),
      externalId: null,
      dedupeKey: dedupeKeyOf(name, request.body),
      subject: keyText(textAt(first, 'data', 'id')),
      occurredAtMs: null,
    };
  },

  /** `shared_link` opens the document as its recipient. */
  redact: (body) => maskTexts(body, 'shared_link'),
};

function signatureOf(request: InboundRequest): string | Rejection {
  const [signature = '', ...more] = request.query.getAll('signature');
  if (more.length > 0) return reject('signature_repeated', `?signature= came ${more.length + 1} times.`);
  return signature === '' ? reject('signature_missing', 'There is no ?signature= in the URL.') : signature;
}
