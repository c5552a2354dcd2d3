import { hmacSha256, jsonBytes, post } from '../make-request.rules.ts';
import { inventPerson, type Person } from '../people.rules.ts';
import { alphabets, characters, type Random, wholeBetween } from '../random.rules.ts';
import { simpleSimulator, unixSeconds } from '../simple-simulator.rules.ts';

type World = { user: Person & { id: string }; invoiceId: string; amount: number };

const prefix = 'whsec_';

/** Standard Webhooks: `v1,` and the base64 HMAC of `id.timestamp.body`, one for each secret; the key is base64. */
export const standardWebhooks = simpleSimulator<World>({
  name: 'standard-webhooks',
  title: 'Standard Webhooks',
  by: 'sender',
  secret: {
    what: 'whsec_ and base64 of 24 to 64 bytes; several sign together',
    required: true,
    several: true,
    problemOf(secret) {
      const key = keyOf(secret);
      const fits = secret.startsWith(prefix) && key.length >= 24 && key.length <= 64;
      return fits && key.toString('base64') === secret.slice(prefix.length)
        ? null
        : 'is not whsec_ and base64 of 24 to 64 bytes; copy it from where the webhook was made';
    },
    wrong: (random) => prefix + Buffer.from(characters(random, 32, alphabets.mixed)).toString('base64'),
  },
  defaultScenario: 'customer-pays',
  covers: 'body',
  timestamped: true,
  events: {
    'user.created': {
      description: 'Somebody is new',
      tell: ({ user }) => ({ subject: user.id, content: user }),
    },
    'user.deleted': {
      description: 'Somebody is gone',
      tell: ({ user }) => ({ subject: user.id, content: { id: user.id } }),
    },
    'invoice.created': { description: 'An invoice was made', tell: (world) => invoice(world, 'open') },
    'invoice.paid': { description: 'It was paid', tell: (world) => invoice(world, 'paid') },
  },
  makeWorld: (random) => ({
    user: { id: id(random, 'user'), ...inventPerson(random) },
    invoiceId: id(random, 'inv'),
    amount: wholeBetween(random, 100, 900_000),
  }),
  prepare({ event, content, atMs }, random) {
    const messageId = id(random, 'msg');
    const body = jsonBytes({ type: event, timestamp: new Date(atMs).toISOString(), data: content });
    return (stamp) => {
      const time = String(unixSeconds(stamp.nowMs));
      const signatures = stamp.secrets.map(
        (secret) => `v1,${hmacSha256(keyOf(secret), `${messageId}.${time}.`, body).toString('base64')}`,
      );
      return post(stamp, 'application/json', body, [
        ['webhook-id', messageId],
        ['webhook-timestamp', time],
        ['webhook-signature', signatures.join(' ')],
      ]);
    };
  },
});

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(prefix.length), 'base64');
}

function id(random: Random, kind: string): string {
  return `${kind}_${characters(random, 22, alphabets.mixed)}`;
}

function invoice({ invoiceId, user, amount }: World, status: string): { subject: string; content: object } {
  return { subject: invoiceId, content: { id: invoiceId, userId: user.id, amount, currency: 'EUR', status } };
}
