import type { Identity, ProviderProfile } from '../provider-profile.ts';
import {
  dedupeKeyOf,
  eventTypeName,
  findSigner,
  headerText,
  hmacOf,
  jsonOf,
  keyText,
  oneHeader,
  parseHex,
  reject,
  secretProblem,
  textAt,
} from '../signature.rules.ts';

const name = 'github';
const header = 'x-hub-signature-256';
const prefix = 'sha256=';
const digestBytes = 32;

/**
 * GitHub's webhooks: `X-Hub-Signature-256: sha256=<hex HMAC-SHA256 of the body>`. The older SHA-1 header that comes
 * along is never looked at. Only the body is signed, neither the headers with event and delivery id nor any time.
 */
export const githubProfile: ProviderProfile = {
  name,
  title: 'GitHub',
  setup:
    "In the settings of the repository, organisation or app at GitHub, add a webhook with this source's URL and a long " +
    'random secret, and enter the same secret here. Either content type will do.',
  credentialKinds: {
    secret: {
      title: 'Webhook secret',
      description: 'The text in the secret field of the webhook at GitHub. Without one GitHub signs nothing.',
      problemOf: (value) => secretProblem(value),
    },
  },
  options: {
    duplicatesBy: {
      kind: 'choice',
      description:
        'What makes a duplicate: the same delivery id and body, or the same body alone. GitHub does not sign the id, so ' +
        'with delivery-id a request that somebody captured passes as new under another id; with body it does not, but ' +
        'an event that happens twice with the same body, such as a workflow_dispatch, is taken once.',
      default: 'delivery-id',
      choices: ['delivery-id', 'body'],
    },
  },
  contentTypes: ['application/json', 'application/x-www-form-urlencoded'],
  // There are hundreds with their actions, and more every month: they are named as they come.
  eventTypes: [],
  coverageOf: () => 'body',

  verify(request, credentials) {
    const value = oneHeader(request, header);
    if (typeof value !== 'string') return value;
    const digest = value.startsWith(prefix) ? parseHex(value.slice(prefix.length), digestBytes) : null;
    if (digest === null) return reject('signature_malformed', `${header} is not ${prefix} and 64 hex digits.`);
    const signer = findSigner(credentials, [digest], (secret) => hmacOf('sha256', secret.value, request.body));
    if (signer === null) return reject('signature_mismatch', `No secret of the source makes the one in ${header}.`);
    return { verified: true, credential: signer.name };
  },

  identify(request, options): Identity {
    const { body } = request;
    const payload = payloadOf(body);
    const event = headerText(request, 'x-github-event');
    const action = textAt(payload, 'action');
    const deliveryId = headerText(request, 'x-github-delivery');
    return {
      eventType: eventTypeName(name, event !== null && action !== null ? `${event}.${action}` : event),
      externalId: keyText(deliveryId),
      dedupeKey: dedupeKey(body, options['duplicatesBy'] === 'body' ? null : deliveryId),
      subject: keyText(textAt(payload, 'repository', 'full_name') ?? textAt(payload, 'organization', 'login')),
      occurredAtMs: null,
    };
  },
};

/**
 * A redelivery has the id and the body of its delivery. The id is not signed: with the body in the key nobody can make
 * an event pass for a duplicate by taking its id, but with the id in it a captured request with another id is new.
 * The body alone would stop that and lose what happens twice: many bodies (workflow_dispatch, member, ping) hold
 * neither id nor time of what happened. So users choose, and what is lost weighs more than what comes twice.
 * The event's name, which is not signed either, is never part of it.
 */
function dedupeKey(body: Buffer, deliveryId: string | null): string {
  return deliveryId === null ? dedupeKeyOf('body', body) : dedupeKeyOf('delivery', deliveryId, body);
}

/** The signed body says which of the two content types it is; the header that says so too is not signed. */
function payloadOf(body: Buffer): unknown {
  if (body.toString('latin1', 0, 8) !== 'payload=') return jsonOf(body);
  const [payload = '', ...more] = new URLSearchParams(body.toString('utf8')).getAll('payload');
  return more.length > 0 ? undefined : jsonOf(Buffer.from(payload));
}
