import { hmacSha256, jsonBytes, onlySecret, post } from '../make-request.rules.ts';
import { inventPerson, inventTitle, type Person } from '../people.rules.ts';
import { alphabets, characters } from '../random.rules.ts';
import { anySecret, simpleSimulator } from '../simple-simulator.rules.ts';

type World = { documentId: string; title: string; recipient: Person };

/** The hex HMAC of the body is in the query, `?signature=`. The body is a list of notifications; here of one. */
export const pandadoc = simpleSimulator<World>({
  name: 'pandadoc',
  title: 'PandaDoc',
  by: 'pandadoc',
  secret: anySecret("the webhook's shared key", (random) => characters(random, 22, alphabets.mixed)),
  defaultScenario: 'one-signer-completes',
  covers: 'body',
  timestamped: false,
  events: {
    document_state_changed: {
      description: 'The document is in another state',
      tell: (world, atMs) => told(world, atMs, 'document.completed'),
    },
    recipient_completed: {
      description: 'A recipient has done their part',
      tell: (world, atMs) => told(world, atMs, 'document.viewed'),
    },
    document_updated: {
      description: 'It is a draft again',
      tell: (world, atMs) => told(world, atMs, 'document.draft'),
    },
    document_deleted: {
      description: 'It was deleted',
      tell: (world, atMs) => told(world, atMs, 'document.deleted'),
    },
  },
  makeWorld: (random) => ({
    documentId: characters(random, 22, alphabets.mixed),
    title: inventTitle(random),
    recipient: inventPerson(random),
  }),
  prepare({ event, content }) {
    const body = jsonBytes([{ event, data: content }]);
    return (stamp) => {
      const signature = hmacSha256(onlySecret(stamp), body).toString('hex');
      const url = new URL(stamp.url);
      url.searchParams.set('signature', signature);
      return { ...post(stamp, 'application/json', body), url: url.href };
    };
  },
});

function told({ documentId, title, recipient }: World, atMs: number, status: string) {
  const hasCompleted = status === 'document.completed';
  const content = {
    id: documentId,
    name: title,
    status,
    date_modified: new Date(atMs).toISOString(),
    recipients: [{ email: recipient.email, has_completed: hasCompleted, role: 'signer' }],
  };
  return { subject: documentId, content };
}
