/** A case that a release must have tested, and where: tests of that file whose full name has this text. */
type SuiteCase = { suite: string; case: string; file: string; has: string };

const row = (suite: string, name: string, file: string, has = ''): SuiteCase => ({ suite, case: name, file, has });
const stores = 'tests/stores/postgres-store.test.ts';
const promises = 'tests/faults/promises.test.ts';
const followed = 'retries begin, follow the schedule, and end';

/** Which tests stand for what the catalogue asks for: a test shows that each of these is there. */
export const suiteCases: readonly SuiteCase[] = [
  row('pipeline', 'accepting', stores, ': accept'),
  row('pipeline', 'receiving', 'tests/story/receiving.test.ts'),
  row('pipeline', 'dispatching', 'tests/story/sending.test.ts'),
  row('pipeline', 'settling', stores, ': settle'),
  row('pipeline', 'dead letters', stores, 'a dead delivery leaves the queue'),
  row('pipeline', 'archive', 'tests/archive/archive.test.ts'),
  row('security', 'verification: lets in', 'src/receiving/inbound.routes.test.ts', 'any content type'),
  row('security', 'verification: refuses', 'src/receiving/inbound.routes.test.ts', 'is told apart by its status'),
  row('security', 'addresses: lets in', 'src/receiving/judge-head.test.ts', ': true'),
  row('security', 'addresses: refuses', 'src/receiving/judge-head.test.ts', ': false'),
  row('security', 'rate limits: lets in', 'src/receiving/rate-limit.rules.test.ts', 'may come at once'),
  row('security', 'rate limits: refuses', 'src/receiving/inbound.routes.test.ts', 'too many say when to come again'),
  row('security', 'destinations: lets in', 'src/egress/address.rules.test.ts', 'through'),
  row('security', 'destinations: refuses', 'src/egress/address.rules.test.ts', 'refuses'),
  row('security', 'keys: lets in', 'src/teams/api-keys.test.ts', 'a hundred first requests of one key'),
  row('security', 'keys: refuses', 'src/teams/api-keys.test.ts', 'a key ends with its time'),
  row('security', 'secrets: lets in', 'src/endpoints/endpoints.test.ts', 'while a rotation overlaps both secrets sign'),
  row('security', 'secrets: refuses', 'src/receiving/receiver.test.ts', 'that have expired verify nothing'),
  ...[1, 2, 3, 4, 5].map((number) => row('retries', `attempt ${number}`, promises, followed)),
  row('retries', 'exhausted', 'src/delivery/decide-outcome.rules.test.ts', 'after the last scheduled retry is dead'),
  row('errors', 'dns', 'src/egress/name-lookup.test.ts', 'fails as dns'),
  row('errors', 'tls', 'src/egress/secure.test.ts', 'refuses TLS 1.1'),
  row('errors', 'connect', 'src/egress/destination.test.ts', 'refuse connections: connect'),
  row('errors', 'timeout', 'src/egress/destination.test.ts', 'hang before answering: timeout'),
  row('errors', 'reset', 'src/egress/destination.test.ts', 'reset before answering: reset'),
  row('errors', 'blocked', 'src/egress/open-connection.test.ts', 'judges every new connection'),
  row('errors', 'http', 'src/egress/destination.test.ts', 'fails as http'),
  row('repeats', 'one after another', 'src/receiving/receiver.test.ts', 'are answered like the first'),
  row('repeats', 'at once', 'src/receiving/receiver.test.ts', 'that come at once'),
  row('repeats', 'after a restart', 'tests/faults/receiving.test.ts', 'and Posthorn killed too'),
];
