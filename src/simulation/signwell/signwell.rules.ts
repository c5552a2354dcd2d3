import { hmacSha256, jsonBytes, onlySecret, post } from '../make-request.rules.ts';
import { inventPerson, inventTitle, type Person } from '../people.rules.ts';
import { uuid } from '../random.rules.ts';
import { anySecret, simpleSimulator, unixSeconds } from '../simple-simulator.rules.ts';

type World = { documentId: string; title: string; signer: Person & { id: string } };

/** `event.hash` is the hex HMAC of `type@time` under the webhook's id: the rest of the body is not covered. */
export const signwell = simpleSimulator<World>({
  name: 'signwell',
  title: 'SignWell',
  by: 'signwell',
  secret: anySecret("the webhook's id", uuid),
  defaultScenario: 'one-signer-completes',
  covers: 'fields',
  timestamped: true,
  events: {
    document_created: { description: 'A document exists', tell: (world) => told(world, 'Created') },
    document_sent: { description: 'It went out', tell: (world) => told(world, 'Sent') },
    document_viewed: { description: 'A signer looked at it', tell: (world) => told(world, 'Viewed') },
    document_signed: { description: 'A signer has signed', tell: (world) => told(world, 'Pending') },
    document_completed: { description: 'Everybody has', tell: (world) => told(world, 'Completed') },
    document_declined: { description: 'A signer declined', tell: (world) => told(world, 'Declined') },
    document_expired: { description: 'Time has run out', tell: (world) => told(world, 'Expired') },
    document_canceled: { description: 'The sender took it back', tell: (world) => told(world, 'Canceled') },
  },
  makeWorld: (random) => ({
    documentId: uuid(random),
    title: inventTitle(random),
    signer: { id: uuid(random), ...inventPerson(random) },
  }),
  prepare({ event, content, world }) {
    const { name, email } = world.signer;
    return (stamp) => {
      const time = unixSeconds(stamp.firstMs);
      const hash = hmacSha256(onlySecret(stamp), `${event}@${time}`).toString('hex');
      const body = jsonBytes({ event: { type: event, time, hash, related_signer: { name, email } }, data: content });
      return post(stamp, 'application/json', body);
    };
  },
  /** Another time, which is covered; the rest could be changed without anybody noticing. */
  tamper: (request) => ({
    ...request,
    body: Buffer.from(request.body.toString('utf8').replace(/(?<="time":)\d+/, '1')),
  }),
});

function told({ documentId, title, signer }: World, status: string): { subject: string; content: object } {
  return { subject: documentId, content: { object: { id: documentId, name: title, status, recipients: [signer] } } };
}
