import type { Identity, Options, ProviderProfile } from '../provider-profile.ts';
import {
  dedupeKeyOf,
  eventTypeName,
  findSigner,
  headerText,
  hmacOf,
  jsonOf,
  keyText,
  oneHeader,
  parseBase64,
  reject,
  secretProblem,
  textAt,
} from '../signature.rules.ts';

const name = 'shopify';
const header = 'x-shopify-hmac-sha256';
const digestBytes = 32;

/**
 * Shopify's webhooks: `X-Shopify-Hmac-SHA256`, base64 of HMAC-SHA256 over the body. Only the body is signed, neither
 * the headers with topic and webhook id nor any time.
 */
export const shopifyProfile: ProviderProfile = {
  name,
  title: 'Shopify',
  setup:
    "Subscribe to webhook topics with this source's URL, in your app's configuration or in the shop's notification " +
    "settings, and enter the key that Shopify signs them with: the app's client secret, or the one shown in the settings.",
  credentialKinds: {
    secret: {
      title: 'Client secret',
      description: "The app's client secret; for webhooks made in a shop's settings, the key that is shown there.",
      problemOf: (value) => secretProblem(value),
    },
  },
  options: {
    duplicatesBy: {
      kind: 'choice',
      description:
        'What makes a duplicate: the same webhook id and body, or the same topic and body. Shopify does not sign the id, ' +
        'so with webhook-id a request that somebody captured passes as new under another id; with body it does not, but ' +
        'what happens twice with the same body, such as updates reduced by include_fields, is taken once.',
      default: 'webhook-id',
      choices: ['webhook-id', 'body'],
    },
  },
  contentTypes: ['application/json'],
  // There are hundreds, and others with every API version: they are named as they come.
  eventTypes: [],
  coverageOf: () => 'body',

  verify(request, credentials) {
    const value = oneHeader(request, header);
    if (typeof value !== 'string') return value;
    const digest = parseBase64(value, digestBytes);
    if (digest === null) return reject('signature_malformed', `${header} is not base64 of ${digestBytes} bytes.`);
    const signer = findSigner(credentials, [digest], (secret) => hmacOf('sha256', secret.value, request.body));
    if (signer === null) return reject('signature_mismatch', `No secret of the source makes the one in ${header}.`);
    return { verified: true, credential: signer.name };
  },

  identify(request, options): Identity {
    const topic = headerText(request, 'x-shopify-topic');
    const webhookId = headerText(request, 'x-shopify-webhook-id');
    return {
      eventType: eventTypeName(name, topic),
      externalId: keyText(webhookId),
      dedupeKey: dedupeKey(request.body, topic, webhookId, options),
      subject: keyText(subjectOf(topic, jsonOf(request.body))),
      occurredAtMs: null,
    };
  },
};

/**
 * With the body in the key nobody can make an event pass for a duplicate by taking its id. By body, the topic is part
 * of it although it is not signed: the body is the thing itself, and an order's is the same in orders/create and in
 * orders/paid. The default is the id, since what is lost weighs more than what comes twice: deletions, removals and
 * reduced bodies hold no time, so that the second one would be lost.
 */
function dedupeKey(body: Buffer, topic: string | null, webhookId: string | null, options: Options): string {
  if (webhookId === null || options['duplicatesBy'] === 'body') return dedupeKeyOf('body', topic ?? '', body);
  return dedupeKeyOf('webhook', webhookId, body);
}

/** The same for every topic of a thing: a deletion holds nothing but the number. Larger ones JSON.parse has changed. */
function subjectOf(topic: string | null, payload: unknown): string | null {
  const [resource = ''] = (topic ?? '').split('/');
  const id = textAt(payload, 'id');
  if (resource !== '' && id !== null && Number.isSafeInteger(Number(id))) return `${resource}/${id}`;
  return textAt(payload, 'admin_graphql_api_id');
}
