import type { Identity, ProviderProfile } from '../provider-profile.ts';
import {
  checkTolerance,
  dedupeKeyOf,
  eventTypeName,
  findSigner,
  hmacOf,
  keyText,
  oneHeader,
  parseHex,
  parseUnixSeconds,
  reject,
  secretProblem,
} from '../signature.rules.ts';
import { challengeOf, maskLiveTexts, readSlackMessage } from './slack-message.rules.ts';

const name = 'slack';
const signatureHeader = 'x-slack-signature';
const timestampHeader = 'x-slack-request-timestamp';
const version = 'v0';
const digestBytes = 32;

/**
 * Slack: `X-Slack-Signature: v0=<hex HMAC-SHA256 of "v0:timestamp:body">`. The Events API sends JSON; slash commands
 * and interactivity send forms, signed in the same way.
 */
export const slackProfile: ProviderProfile = {
  name,
  title: 'Slack',
  setup:
    "Enter the signing secret from your Slack app's basic information here first; then give this source's URL to the " +
    "app's event subscriptions, slash commands or interactivity. Slack checks the URL at once, and Posthorn answers.",
  credentialKinds: {
    secret: {
      title: 'Signing secret',
      description: "In the Slack app's settings under Basic Information, App Credentials. Not the verification token.",
      problemOf: (value) => secretProblem(value),
    },
  },
  options: {
    toleranceSeconds: {
      kind: 'whole',
      description: 'How far the signed time of a request may be from now, in seconds.',
      default: 300,
      minimum: 1,
      maximum: 86_400,
    },
  },
  contentTypes: ['application/json', 'application/x-www-form-urlencoded'],
  // Every app has its own commands, and Slack adds events as it goes: they are named as they come.
  eventTypes: [],
  coverageOf: () => 'body',

  verify(request, credentials, options, nowMs) {
    const value = oneHeader(request, signatureHeader);
    if (typeof value !== 'string') return value;
    const timestamp = oneHeader(request, timestampHeader, 'timestamp_missing');
    if (typeof timestamp !== 'string') return timestamp;
    const prefix = `${version}=`;
    const digest = value.startsWith(prefix) ? parseHex(value.slice(prefix.length), digestBytes) : null;
    if (digest === null) return reject('signature_malformed', `${signatureHeader} is not ${prefix} and 64 hex digits.`);
    const timestampSeconds = parseUnixSeconds(timestamp);
    if (timestampSeconds === null) return reject('timestamp_malformed', `${timestampHeader} is not in Unix seconds.`);
    const signer = findSigner(credentials, [digest], (secret) =>
      hmacOf('sha256', secret.value, `${version}:${timestamp}:`, request.body),
    );
    if (signer === null) return reject('signature_mismatch', `No secret of the source makes the ${signatureHeader}.`);
    const stale = checkTolerance(timestampSeconds, nowMs, Number(options['toleranceSeconds']));
    return stale ?? { verified: true, credential: signer.name };
  },

  /**
   * Events are repeated until they are answered, with the same id. Commands and interactions have none and are not
   * repeated: their signed time tells a second one, of the same bytes, from the first one sent again by somebody else.
   */
  identify(request): Identity {
    const message = readSlackMessage(request.body);
    const timestamp = oneHeader(request, timestampHeader);
    const seconds = parseUnixSeconds(message.timeText ?? '');
    const where = [message.team, message.channel].filter((part) => part !== null && part !== '');
    return {
      eventType: eventTypeName(name, message.type),
      externalId: keyText(message.eventId),
      dedupeKey:
        message.eventId === null
          ? dedupeKeyOf('body', message.sentOnce && typeof timestamp === 'string' ? timestamp : '', request.body)
          : dedupeKeyOf('event', message.eventId),
      subject: keyText(where.length === 0 ? null : where.join('/')),
      occurredAtMs: seconds === null ? null : seconds * 1000,
    };
  },

  /** Slack asks for the challenge of a signed POST back; it asks nothing by GET, which nobody has verified. */
  handshake(request) {
    const challenge = request.method === 'POST' ? challengeOf(request.body) : null;
    return challenge === null ? null : { status: 200, contentType: 'text/plain', body: challenge };
  },

  redact: maskLiveTexts,
};
