import { hmacSha256, jsonBytes, onlySecret, post } from '../make-request.rules.ts';
import { inventPerson, type Person } from '../people.rules.ts';
import { alphabets, characters, type Random, uuid, wholeBetween } from '../random.rules.ts';
import { anySecret, simpleSimulator } from '../simple-simulator.rules.ts';

type World = { repository: { id: number; full_name: string }; author: Person; hookId: number; number: number };

const commitId = (random: Random): string => characters(random, 40, alphabets.hex);

/** `X-Hub-Signature-256: sha256=` and the hex HMAC of the body; `X-GitHub-Delivery` is the id of the notification. */
export const github = simpleSimulator<World>({
  name: 'github',
  title: 'GitHub',
  by: 'github',
  secret: anySecret("the webhook's secret", (random) => characters(random, 32, alphabets.mixed)),
  defaultScenario: 'pull-request-merged',
  covers: 'body',
  timestamped: false,
  events: {
    ping: {
      description: 'The webhook was made',
      tell: ({ repository, hookId }) => ({
        subject: repository.full_name,
        content: { zen: 'Design for failure.', hook_id: hookId, repository },
      }),
    },
    push: {
      description: 'Commits were pushed',
      tell: ({ repository, author }, _atMs, random) => ({
        subject: repository.full_name,
        content: {
          ref: 'refs/heads/main',
          before: commitId(random),
          after: commitId(random),
          repository,
          pusher: author,
          commits: [],
        },
      }),
    },
    pull_request: {
      description: 'Something happened to a pull request',
      tell: ({ repository, number }) => ({
        subject: `${repository.full_name}#${number}`,
        content: { action: 'closed', number, pull_request: { number, state: 'closed', merged: true }, repository },
      }),
    },
    issues: {
      description: 'Something happened to an issue',
      tell: ({ repository, number }) => ({
        subject: `${repository.full_name}#${number}`,
        content: { action: 'opened', issue: { number, title: 'It does not start', state: 'open' }, repository },
      }),
    },
    release: {
      description: 'Something happened to a release',
      tell: ({ repository, number }) => ({
        subject: repository.full_name,
        content: { action: 'published', release: { id: number, tag_name: 'v1.0.0', draft: false }, repository },
      }),
    },
  },
  makeWorld: (random, shared) => ({
    repository: { id: wholeBetween(shared, 1e6, 9e8), full_name: `acme/${characters(shared, 8, alphabets.lower)}` },
    author: inventPerson(random),
    hookId: wholeBetween(shared, 1e6, 9e8),
    number: wholeBetween(random, 1, 9000),
  }),
  prepare({ event, content }, random) {
    const delivery = uuid(random);
    const body = jsonBytes(content);
    return (stamp) =>
      post(stamp, 'application/json', body, [
        ['X-GitHub-Event', event],
        ['X-GitHub-Delivery', delivery],
        ['X-Hub-Signature-256', `sha256=${hmacSha256(onlySecret(stamp), body).toString('hex')}`],
      ]);
  },
});
