import { hmacSha256, jsonBytes, onlySecret, post } from '../make-request.rules.ts';
import { inventPerson, type Person } from '../people.rules.ts';
import { alphabets, characters, uuid, wholeBetween } from '../random.rules.ts';
import { anySecret, simpleSimulator } from '../simple-simulator.rules.ts';

type World = { shop: string; orderId: number; productId: number; customer: Person & { id: number }; price: string };

/** `X-Shopify-Hmac-SHA256`: base64 HMAC of the body; `X-Shopify-Webhook-Id` is the id of the notification. */
export const shopify = simpleSimulator<World>({
  name: 'shopify',
  title: 'Shopify',
  by: 'shopify',
  secret: anySecret("the app's client secret", (random) => `shpss_${characters(random, 32, alphabets.hex)}`),
  defaultScenario: 'order-paid',
  covers: 'body',
  timestamped: false,
  events: {
    'orders/create': { description: 'An order came in', tell: (world, atMs) => order(world, atMs, 'pending') },
    'orders/paid': { description: 'It was paid', tell: (world, atMs) => order(world, atMs, 'paid') },
    'orders/cancelled': { description: 'It was cancelled', tell: (world, atMs) => order(world, atMs, 'voided') },
    'products/update': {
      description: 'A product changed',
      tell: ({ productId, price }, atMs) => ({
        subject: String(productId),
        content: { id: productId, title: 'Fountain pen', variants: [{ price }], updated_at: iso(atMs) },
      }),
    },
    'app/uninstalled': {
      description: 'The shop removed the app',
      tell: ({ shop }) => ({ subject: shop, content: { domain: shop, myshopify_domain: shop } }),
    },
  },
  makeWorld: (random, shared) => ({
    shop: `${characters(shared, 10, alphabets.lower)}.myshopify.com`,
    orderId: wholeBetween(random, 1e12, 9e12),
    productId: wholeBetween(random, 1e12, 9e12),
    customer: { id: wholeBetween(random, 1e12, 9e12), ...inventPerson(random) },
    price: (wholeBetween(random, 100, 90_000) / 100).toFixed(2),
  }),
  prepare({ event, content, world }, random) {
    const webhookId = uuid(random);
    const body = jsonBytes(content);
    return (stamp) =>
      post(stamp, 'application/json', body, [
        ['X-Shopify-Topic', event],
        ['X-Shopify-Shop-Domain', world.shop],
        ['X-Shopify-Webhook-Id', webhookId],
        ['X-Shopify-Hmac-SHA256', hmacSha256(onlySecret(stamp), body).toString('base64')],
      ]);
  },
});

function order(world: World, atMs: number, status: string): { subject: string; content: object } {
  const { orderId, customer, price } = world;
  const content = {
    id: orderId,
    email: customer.email,
    financial_status: status,
    currency: 'EUR',
    total_price: price,
    customer,
    updated_at: iso(atMs),
  };
  return { subject: String(orderId), content };
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
