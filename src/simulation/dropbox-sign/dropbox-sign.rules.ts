import { hmacSha256, isSuccess, onlySecret, post } from '../make-request.rules.ts';
import { inventPerson, inventTitle, type Person } from '../people.rules.ts';
import { alphabets, characters, type Random } from '../random.rules.ts';
import { anySecret, simpleSimulator, unixSeconds } from '../simple-simulator.rules.ts';

type World = { accountId: string; requestId: string; signatureId: string; title: string; signer: Person };

/** What a receiver has to answer, beside 2xx. */
const wantedAnswer = 'Hello API Event Received';

const id = (random: Random): string => characters(random, 40, alphabets.hex);

/**
 * A form with one field, `json`. `event.event_hash` is the hex HMAC of event_time and event_type under the API key:
 * the rest of the body is not covered.
 */
export const dropboxSign = simpleSimulator<World>({
  name: 'dropbox-sign',
  title: 'Dropbox Sign',
  by: 'dropbox-sign',
  secret: anySecret('the API key', (random) => characters(random, 64, alphabets.hex)),
  defaultScenario: 'one-signer-completes',
  covers: 'fields',
  timestamped: true,
  events: {
    callback_test: { description: 'Asks whether the URL answers as it should', tell: (world) => told(world, 'none') },
    signature_request_sent: { description: 'It went out', tell: (world) => told(world, 'awaiting_signature') },
    signature_request_viewed: { description: 'It was looked at', tell: (world) => told(world, 'awaiting_signature') },
    signature_request_signed: { description: 'A signer has signed', tell: (world) => told(world, 'signed') },
    signature_request_all_signed: { description: 'Everybody has', tell: (world) => told(world, 'signed') },
    signature_request_declined: { description: 'A signer declined', tell: (world) => told(world, 'declined') },
    signature_request_canceled: { description: 'The sender took it back', tell: (world) => told(world, 'canceled') },
  },
  makeWorld: (random, shared) => ({
    accountId: id(shared),
    requestId: id(random),
    signatureId: id(random),
    title: inventTitle(random),
    signer: inventPerson(random),
  }),
  prepare({ event, content, world }, random) {
    const boundary = `----------------------------${characters(random, 12, alphabets.hex)}`;
    return (stamp) => {
      const time = String(unixSeconds(stamp.firstMs));
      const json = JSON.stringify({
        event: {
          event_type: event,
          event_time: time,
          event_hash: hmacSha256(onlySecret(stamp), time, event).toString('hex'),
          event_metadata: {
            related_signature_id: event === 'callback_test' ? null : world.signatureId,
            reported_for_account_id: world.accountId,
            reported_for_app_id: null,
          },
        },
        ...content,
      });
      const part = `--${boundary}\r\nContent-Disposition: form-data; name="json"\r\n\r\n${json}\r\n--${boundary}--\r\n`;
      return post(stamp, `multipart/form-data; boundary=${boundary}`, Buffer.from(part));
    };
  },
  acknowledged: ({ status, body }) => isSuccess(status) && body.includes(wantedAnswer),
  /** Another time, which is covered; the rest could be changed without anybody noticing. */
  tamper: (request) => ({
    ...request,
    body: Buffer.from(request.body.toString('utf8').replace(/(?<="event_time":")\d+/, '1')),
  }),
});

function told(world: World, status: string): { subject: string; content: object } {
  const { accountId, requestId, signatureId, title, signer } = world;
  if (status === 'none') return { subject: accountId, content: { account_guid: accountId } };
  const signature_request = {
    signature_request_id: requestId,
    test_mode: true,
    title,
    is_complete: status === 'signed',
    is_declined: status === 'declined',
    signatures: [
      { signature_id: signatureId, signer_email_address: signer.email, signer_name: signer.name, status_code: status },
    ],
  };
  return { subject: requestId, content: { account_guid: accountId, signature_request } };
}
