import { hmacSha256, post } from '../make-request.rules.ts';
import { inventPerson, type Person } from '../people.rules.ts';
import { alphabets, characters, type Random, wholeBetween } from '../random.rules.ts';
import { anySecret, simpleSimulator, unixSeconds } from '../simple-simulator.rules.ts';

type World = {
  customer: Person & { id: string };
  intentId: string;
  chargeId: string;
  invoiceId: string;
  amount: number;
};

const id = (random: Random, prefix: string): string => `${prefix}_${characters(random, 24, alphabets.mixed)}`;

/** `Stripe-Signature: t=,v1=`: hex HMAC of `t.body`, one `v1` for each secret. The key is the secret as it is written. */
export const stripe = simpleSimulator<World>({
  name: 'stripe',
  title: 'Stripe',
  by: 'stripe',
  secret: {
    ...anySecret("the endpoint's signing secret, whsec_…; several sign together", (random) => id(random, 'whsec')),
    several: true,
  },
  defaultScenario: 'payment-succeeds',
  covers: 'body',
  timestamped: true,
  events: {
    'customer.created': {
      description: 'A customer exists',
      tell: ({ customer }) => ({ subject: customer.id, content: { object: 'customer', ...customer } }),
    },
    'payment_intent.created': {
      description: 'A payment begins',
      tell: (world) => intent(world, 'requires_payment_method'),
    },
    'payment_intent.succeeded': { description: 'It went through', tell: (world) => intent(world, 'succeeded') },
    'payment_intent.payment_failed': {
      description: 'It did not',
      tell: (world) => intent(world, 'requires_payment_method'),
    },
    'charge.succeeded': { description: 'The money is on its way', tell: (world) => charge(world, 0) },
    'charge.refunded': { description: 'It went back', tell: (world) => charge(world, world.amount) },
    'invoice.paid': {
      description: 'An invoice was paid',
      tell: ({ invoiceId, amount, customer }) => ({
        subject: invoiceId,
        content: { id: invoiceId, object: 'invoice', status: 'paid', amount_paid: amount, customer: customer.id },
      }),
    },
  },
  makeWorld: (random) => ({
    customer: { id: id(random, 'cus'), ...inventPerson(random) },
    intentId: id(random, 'pi'),
    chargeId: id(random, 'ch'),
    invoiceId: id(random, 'in'),
    amount: wholeBetween(random, 100, 500_000),
  }),
  prepare({ event, content, atMs }, random) {
    const request = { id: id(random, 'req'), idempotency_key: null };
    const whole = {
      id: id(random, 'evt'),
      object: 'event',
      api_version: '2025-09-30.clover',
      created: unixSeconds(atMs),
      data: { object: content },
      livemode: false,
      pending_webhooks: 1,
      request,
      type: event,
    };
    // Stripe indents its JSON: a receiver that writes it anew loses the signature.
    const body = Buffer.from(JSON.stringify(whole, null, 2));
    return (stamp) => {
      const time = String(unixSeconds(stamp.nowMs));
      const signatures = stamp.secrets.map((secret) => `v1=${hmacSha256(secret, `${time}.`, body).toString('hex')}`);
      const header = [`t=${time}`, ...signatures].join(',');
      return post(stamp, 'application/json; charset=utf-8', body, [['Stripe-Signature', header]]);
    };
  },
});

function intent({ intentId, amount, customer }: World, status: string): { subject: string; content: object } {
  const content = { id: intentId, object: 'payment_intent', amount, currency: 'eur', customer: customer.id, status };
  return { subject: intentId, content };
}

function charge(world: World, refunded: number): { subject: string; content: object } {
  const { chargeId, intentId, amount, customer } = world;
  const content = {
    id: chargeId,
    object: 'charge',
    amount,
    amount_refunded: refunded,
    currency: 'eur',
    customer: customer.id,
    paid: true,
    payment_intent: intentId,
    refunded: refunded === amount,
    status: 'succeeded',
  };
  return { subject: chargeId, content };
}
