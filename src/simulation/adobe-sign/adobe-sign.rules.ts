import { isSuccess, jsonBytes, onlySecret, post } from '../make-request.rules.ts';
import { inventTitle } from '../people.rules.ts';
import { alphabets, characters, type Random } from '../random.rules.ts';
import type { SimulatedRequest } from '../simulated-request.ts';
import { simpleSimulator } from '../simple-simulator.rules.ts';

type World = { agreementId: string; webhookId: string; title: string };

const header = 'X-AdobeSign-ClientId';
const id = (random: Random, start: string): string => start + characters(random, 40, alphabets.mixed);

/**
 * Adobe Acrobat Sign signs nothing: its client id comes with every request, and the answer has to repeat it, in the
 * same header or as `{"xAdobeSignClientId"}`. Before a webhook is registered it asks so with GET.
 */
export const adobeSign = simpleSimulator<World>({
  name: 'adobe-sign',
  title: 'Adobe Acrobat Sign',
  by: 'adobe-sign',
  secret: {
    what: 'the client id of the application that made the webhook',
    required: true,
    several: false,
    problemOf: (secret) => (/^[\x21-\x7e]+$/.test(secret) ? null : 'is no header value; copy the client id'),
    wrong: (random) => characters(random, 10, alphabets.lower).toUpperCase(),
  },
  defaultScenario: 'one-signer-completes',
  covers: 'nothing',
  timestamped: false,
  events: {
    AGREEMENT_CREATED: { description: 'An agreement went out', tell: (world) => told(world, 'OUT_FOR_SIGNATURE') },
    AGREEMENT_ACTION_REQUESTED: {
      description: "It is somebody's turn",
      tell: (world) => told(world, 'OUT_FOR_SIGNATURE'),
    },
    AGREEMENT_ACTION_COMPLETED: {
      description: 'Somebody has done their part',
      tell: (world) => told(world, 'OUT_FOR_SIGNATURE'),
    },
    AGREEMENT_WORKFLOW_COMPLETED: { description: 'Everybody has signed', tell: (world) => told(world, 'SIGNED') },
    AGREEMENT_REJECTED: { description: 'Somebody refused', tell: (world) => told(world, 'CANCELLED') },
    AGREEMENT_RECALLED: { description: 'The sender took it back', tell: (world) => told(world, 'CANCELLED') },
  },
  makeWorld: (random, shared) => ({
    agreementId: id(random, 'CBJCHBCAABAA'),
    webhookId: characters(shared, 36, alphabets.hex),
    title: inventTitle(random),
  }),
  prepare({ event, content, atMs, world }, random) {
    const notificationId = characters(random, 36, alphabets.hex);
    return (stamp) => {
      const body = jsonBytes({
        webhookId: world.webhookId,
        webhookName: 'Posthorn',
        webhookNotificationId: notificationId,
        webhookUrlInfo: { url: stamp.url },
        webhookScope: 'ACCOUNT',
        event,
        eventDate: new Date(atMs).toISOString(),
        eventResourceType: 'agreement',
        ...content,
      });
      return post(stamp, 'application/json', body, [[header, onlySecret(stamp)]]);
    };
  },
  handshake: (stamp) => ({
    method: 'GET',
    url: stamp.url,
    headers: [[header, onlySecret(stamp)]],
    body: Buffer.alloc(0),
  }),
  acknowledged: ({ status, headers, body }, request) => {
    const clientId = clientIdOf(request);
    return isSuccess(status) && (headers[header.toLowerCase()] === clientId || bodyRepeats(body, clientId));
  },
});

function clientIdOf(request: SimulatedRequest): string {
  return request.headers.find(([name]) => name === header)?.[1] ?? '';
}

function bodyRepeats(body: string, clientId: string): boolean {
  try {
    const answer = JSON.parse(body) as { xAdobeSignClientId?: unknown } | null;
    return answer?.xAdobeSignClientId === clientId;
  } catch {
    return false;
  }
}

function told({ agreementId, title }: World, status: string): { subject: string; content: object } {
  return { subject: agreementId, content: { agreement: { id: agreementId, name: title, status } } };
}
