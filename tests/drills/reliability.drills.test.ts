import type { DrilledGateway } from './support/drilled-gateway.ts';
import { type DrillProof, proveDrills } from './support/prove-drills.ts';
import {
  type ReceivingApplication,
  receivingApplication,
  startReceivingApplication,
} from './support/receiving-application.ts';

type Made = { id: string };

/** A source of that provider, to be twinned. */
const sourceOf =
  (provider: string) =>
  async ({ api, team }: DrilledGateway): Promise<string> => {
    const body = { provider, name: 'Drilled', credentials: [{}] };
    return (await api.call<Made>('POST', `/v1/teams/${team}/sources`, body)).id;
  };

/** An endpoint that is only read, to be twinned. */
const plainEndpoint = async ({ api, team }: DrilledGateway): Promise<string> => {
  const body = { url: 'http://127.0.0.1:9/hooks', eventTypes: ['invoice.*'] };
  return (await api.call<Made>('POST', `/v1/teams/${team}/endpoints`, body)).id;
};

/** A receiver with a defect of its own. */
const spoiled = (
  defect: ReceivingApplication['defect'],
): Pick<DrillProof, 'prepare'> & {
  plant: () => Promise<unknown>;
  mend: () => Promise<unknown>;
} => {
  const application = receivingApplication();
  const turn = (to: ReceivingApplication['defect']) => (): Promise<unknown> => {
    application.defect = to;
    return Promise.resolve();
  };
  return {
    prepare: (gateway) => startReceivingApplication(application, gateway),
    plant: turn(defect),
    mend: turn(null),
  };
};

/** Two endpoints of one event type, so that a test can go to the wrong one. */
const twoEndpoints = async (gateway: DrilledGateway): Promise<string> => {
  await startReceivingApplication(receivingApplication(), gateway);
  return startReceivingApplication(receivingApplication(), gateway);
};

const settled = "  applied := coalesce(applied, '{}');\n";

/** Of one run: real processes on a machine that does other things too. */
const withinMs = 420_000;

const proofs: readonly DrillProof[] = [
  {
    check: 'delivery.exhausted-become-dead-letters',
    mutate: [
      {
        file: 'src/database/migrations/0004_settle_and_claim.sql',
        find: settled,
        replace: `${settled}  DELETE FROM delivery x USING unnest(a_teams, a_deliveries, outcomes) u(t, d, oc)
    WHERE x.team_id = u.t AND x.id = u.d AND u.oc = 2 AND u.d = ANY (applied);\n`,
      },
    ],
  },
  {
    check: 'event.publish-idempotent',
    mutate: [
      {
        file: 'src/database/migrations/0009_inbound.sql',
        find: '  ADD PRIMARY KEY (team_id, scope, key),\n',
        replace: '',
      },
      {
        file: 'src/database/migrations/0009_inbound.sql',
        find: '          WITH ORDINALITY u(t, s, k, x, h, i, n, o) WHERE k IS NOT NULL ORDER BY t, s, k, o\n      ON CONFLICT (team_id, scope, key) DO NOTHING\n',
        replace: `          WITH ORDINALITY u(t, s, k, x, h, i, n, o) WHERE k IS NOT NULL
          AND NOT EXISTS (SELECT FROM idempotency d WHERE d.team_id = t AND d.scope = s AND d.key = k)\n`,
      },
    ],
  },
  {
    check: 'source.duplicates-detected',
    prepare: sourceOf('documenso'),
    mutate: [
      {
        file: 'src/providers/documenso/profile.rules.ts',
        find: 'dedupeKey: canonical === null ? dedupeKeyOf(body) : dedupeKeyOf(event, canonical),',
        replace: 'dedupeKey: dedupeKeyOf(body),',
      },
    ],
  },
  {
    check: 'source.commits-before-answer',
    pace: 0.2,
    mutate: [
      {
        file: 'src/receiving/inbound-acceptor.ts',
        find: '      outcome = await patience.race(options.accept(draft));\n',
        replace: `      void options.accept(draft).catch(() => undefined);
      return { eventId: null, duplicate: false };\n`,
      },
    ],
  },
  {
    check: 'outage.inbound-spools-without-database',
    pace: 0.1,
    mutate: [
      {
        file: 'src/spool/open-spool.ts',
        find: '  const recovered = await recoverSegments({ folder, removed: positionFile.found, onError });\n',
        replace: `  const { readdir, rm } = await import('node:fs/promises');
  for (const name of await readdir(folder)) if (!/lock|position/.test(name)) await rm(join(folder, name));
  const recovered = await recoverSegments({ folder, removed: positionFile.found, onError });\n`,
      },
    ],
  },
  {
    // What only a real kill of the database server finds: its connections may be cut as often as one likes.
    check: 'outage.inbound-spools-without-database',
    pace: 0.1,
    mutate: [
      {
        file: 'src/database/pool.ts',
        find: "    application_name: 'posthorn',\n",
        replace: "    application_name: 'posthorn',\n    options: '-c synchronous_commit=off',\n",
      },
    ],
  },
  {
    check: 'source.answers-fast-while-work-waits',
    pace: 0.15,
    prepare: sourceOf('goroute'),
    mutate: [
      {
        file: 'src/events/event-acceptor.ts',
        find: '    accept: (draft) => add([draft]).then(onlyAnswer),\n',
        replace: `    accept: (draft) =>
      add([draft])
        .then(onlyAnswer)
        .then(async (answer) => {
          const ended = ((globalThis as any).ended ??= new Set<string>());
          for (const id of answer.deliveryIds) while (!ended.has(id)) await new Promise((on) => setTimeout(on, 10));
          return answer;
        }),\n`,
      },
      {
        file: 'src/delivery/settler.ts',
        find: '    onWritten: (batch) => options.onSettled(batch),\n',
        replace: `    onWritten: (batch) => {
      const ended = ((globalThis as any).ended ??= new Set<string>());
      for (const { item } of batch) ended.add(item.deliveryId);
      options.onSettled(batch);
    },\n`,
      },
    ],
  },
  {
    check: 'endpoint.test-delivery-succeeds',
    prepare: twoEndpoints,
    mutate: [
      {
        file: 'src/delivery/test-endpoint.ts',
        find: '    onlyEndpointId: endpointId,\n',
        replace: '    onlyEndpointId: null,\n',
      },
    ],
  },
  { check: 'endpoint.processes-once', quick: true, ...spoiled('forgets') },
  { check: 'webhook.receiver.rejects-forged', ...spoiled('trusts') },
  {
    check: 'webhook.secret.rotates-with-overlap',
    pace: 0.1,
    prepare: plainEndpoint,
    mutate: [
      {
        file: 'src/delivery/request-preparation.ts',
        find: 'createSigner(endpoint.signing, endpoint.secrets)',
        replace: 'createSigner(endpoint.signing, endpoint.secrets.slice(0, 1))',
      },
    ],
  },
  {
    check: 'testing.e2e.whole-flow',
    mutate: [
      {
        file: 'src/delivery/request-preparation.ts',
        find: '    let body = whole;\n',
        replace: '    let body = Buffer.from(JSON.stringify(JSON.parse(whole.toString())));\n',
      },
    ],
  },
  {
    check: 'delivery.resend-works',
    prepare: plainEndpoint,
    mutate: [
      {
        file: 'src/delivery/request-preparation.ts',
        find: '    let body = whole;\n',
        replace: '    let body = item.fresh ? whole : Buffer.from(JSON.stringify(JSON.parse(whole.toString())));\n',
      },
    ],
  },
  {
    check: 'breaker.endpoint-holds-and-resumes',
    prepare: plainEndpoint,
    mutate: [
      {
        // Taken from the queue, as after every wait, counts like an attempt.
        file: 'src/database/migrations/0009_inbound.sql',
        find: '    UPDATE delivery d SET owner = node_epoch FROM claimed c\n',
        replace: '    UPDATE delivery d SET owner = node_epoch, attempts = d.attempts + 1 FROM claimed c\n',
      },
    ],
  },
  {
    check: 'outage.partial-failure-contained',
    mutate: [
      {
        file: 'src/database/migrations/0004_settle_and_claim.sql',
        find: settled,
        replace: `${settled}
  INSERT INTO delivery_queue (team_id, delivery_id, event_id, endpoint_id, due_at, body_bytes)
    SELECT s.team_id, s.id, s.event_id, s.endpoint_id, now(), 100 FROM unnest(a_teams, a_events, outcomes) u(t, e, oc)
      JOIN delivery s ON s.team_id = u.t AND s.event_id = u.e AND s.state = 1 WHERE u.oc = 0 ON CONFLICT DO NOTHING;
  UPDATE delivery s SET state = 0 FROM unnest(a_teams, a_events, outcomes) u(t, e, oc)
    WHERE s.team_id = u.t AND s.event_id = u.e AND s.state = 1 AND u.oc = 0;\n`,
      },
    ],
  },
  {
    check: 'outage.one-bad-endpoint-isolated',
    pace: 0.1,
    mutate: [
      { file: 'src/delivery/dispatcher.ts', find: 'const youngMax = 256;', replace: 'const youngMax = 8;' },
      {
        file: 'src/delivery/dispatcher.ts',
        find: 'const youngForMs = 1_000;',
        replace: 'const youngForMs = 600_000;',
      },
    ],
  },
  {
    check: 'error.every-failure-typed',
    mutate: [
      {
        file: 'src/replays/create-replay.ts',
        find: '  const { teamId, dryRun = false } = input;\n',
        replace: `  const { teamId, dryRun = false } = input;
  if (!dryRun) throw new Error('no replay can be made');\n`,
      },
    ],
  },
  {
    check: 'batch.runs-in-background',
    mutate: [
      {
        file: 'src/replays/create-replay.ts',
        find: "  if (current.state === 'running') ctx.onReplay();\n",
        replace: `  if (current.state === 'running') ctx.onReplay();
  for (let now = current; now.state === 'running'; ) {
    await new Promise((on) => setTimeout(on, 100));
    now = (await findReplay(ctx.database, teamId, replay.id)) ?? now;
  }\n`,
      },
    ],
  },
  {
    check: 'queue.pushes-back-when-full',
    pace: 0.2,
    mutate: [
      {
        file: 'src/delivery/lane.ts',
        find: 'const laneMaxBytes = 8 * 1024 * 1024;',
        replace: 'const laneMaxBytes = 8 * 1024 * 1024 * 1024;',
      },
      {
        file: 'src/delivery/engine.ts',
        find: 'export const memoryMaxBytes = 96 * 1024 * 1024;',
        replace: 'export const memoryMaxBytes = 96 * 1024 * 1024 * 1024;',
      },
    ],
  },
  {
    check: 'node.scales-out-stateless',
    pace: 0.2,
    mutate: [
      {
        file: 'src/events/event-intake.ts',
        find: '    const idempotencyKey = chooseKey(headerKey, request.idempotencyKey);\n',
        replace: `    const givenKey = chooseKey(headerKey, request.idempotencyKey);
    const idempotencyKey = givenKey === null ? null : process.pid + givenKey;\n`,
      },
    ],
  },
];

proveDrills(
  'deliveries and sources',
  proofs.map((proof) => ({ withinMs, ...proof })),
);
