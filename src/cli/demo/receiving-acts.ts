import { simulate } from '../../simulation/simulate.ts';
import type { Exchange, SimulationReport } from '../../simulation/report.rules.ts';
import { obedient } from '../inbox/choose-answer.rules.ts';
import { readableDuration, readableTime } from '../terminal/readable.rules.ts';
import { follow, makeEndpoint, type Scene } from './scene.ts';
import { insist } from './stage.ts';

type Source = {
  id: string;
  url: string;
  secret: string;
  /** The same seed at the same time is the same document, so that it can be told twice. */
  toldAtMs: number;
};
type EventView = { id: string; type: string; origin: { coverage: string; seenAgain: { count: number } | null } | null };

const completed = 'DOCUMENT_COMPLETED';
const eventWidth = 28;
const first = { seed: 'first' };

/** A team, a source for Documenso, and the application's endpoint. The scene knows its team from here on. */
export async function prepare(scene: Scene): Promise<Source> {
  const { stage } = scene;
  stage.step('A team, a source for Documenso, and the application behind it');
  const team = await stage.call<{ id: string }>('POST', ['/v1/teams'], { name: 'Acme' });
  scene.team = team.id;
  stage.done(`TEAM=${team.id}`);
  const made = await stage.call<{ id: string; url: string; generated?: { value: string }[] }>(
    'POST',
    ['/v1/teams/$TEAM/sources', { TEAM: team.id }],
    { provider: 'documenso', name: 'Contracts', credentials: [{}] },
  );
  const secret = made.generated?.[0]?.value;
  insist(secret !== undefined, 'the new source came without the secret that was made for it');
  stage.done(`SOURCE=${made.id}`);
  stage.done(`SECRET=${secret}`);
  await makeEndpoint(scene, '/application', completed);
  return { id: made.id, url: made.url, secret, toldAtMs: Math.floor(Date.now() / 60_000) * 60_000 };
}

/** Everything that Documenso tells about a document becomes an event; the application gets what it asked for. */
export async function isSigned(scene: Scene, source: Source): Promise<void> {
  const { stage, receiver } = scene;
  stage.step('Documenso, simulated, sends a document and has it signed');
  const report = await sendAsDocumenso(scene, source, first);
  const told = report.genuine.acknowledged;
  insist(report.clean && told > 1, 'Documenso was not answered as it expects');
  const events = await listEvents(scene, source);
  insist(events.length === told, `${events.length} events are on record instead of ${told}`);
  insist(
    events.every(({ origin }) => origin?.coverage === 'sender'),
    'an event does not say what was verified of it',
  );
  stage.done(`${told} requests brought the secret of the source: ${told} events`);
  const event = events.find(({ type }) => type === completed);
  insist(event !== undefined, `there is no event ${completed}`);
  stage.done(`EVENT=${event.id}`);
  const delivery = await follow(scene, event.id);
  insist(delivery.state === 'succeeded', `the delivery is ${delivery.state}`);
  const webhook = receiver.received.find(({ id }) => id === event.id);
  insist(webhook?.verdict.state === 'verified', 'the application did not get it with a valid signature');
  stage.done(`the application got ${completed}, signed by Posthorn`);
}

/** The same once more, as when an answer was lost or somebody pressed Resend. */
export async function isRecognised(scene: Scene, source: Source): Promise<void> {
  const { stage, receiver, team } = scene;
  stage.step('Documenso sends that once more: recognised, and not delivered twice');
  const reached = receiver.received.length;
  const before = await readEvents(scene, source);
  const event = before.find(({ type }) => type === completed);
  insist(event !== undefined, `there is no event ${completed}`);
  const report = await sendAsDocumenso(scene, source, { ...first, event: completed });
  insist(report.clean, 'a duplicate was not answered as it should be');
  const seen = await stage.callUntil<EventView>(
    ['/v1/teams/$TEAM/events/$EVENT', { TEAM: team, EVENT: event.id }],
    ({ origin }) => (origin?.seenAgain?.count ?? 0) > 0,
  );
  insist(seen.origin?.seenAgain?.count === 1, 'the duplicate is not counted once');
  insist((await readEvents(scene, source)).length === before.length, 'the duplicate became an event');
  insist(receiver.received.length === reached, 'the application got it again');
  stage.done('"seenAgain":{"count":1}: on record, and no new event');
}

/** Somebody who found the URL and guesses the secret. */
export async function isForged(scene: Scene, source: Source): Promise<void> {
  const { stage, team } = scene;
  stage.step('Somebody forges one: refused, and the reason is on record');
  const report = await sendAsDocumenso(scene, source, { seed: 'forged', event: completed, forge: true });
  insist(report.flawed.refused === 1, 'the forged request was not refused');
  const { data } = await stage.callUntil<{ data: { reason: string; lastDetail: string }[] }>(
    ['/v1/teams/$TEAM/sources/$SOURCE/rejections', { TEAM: team, SOURCE: source.id }],
    (answer) => answer.data.length > 0,
  );
  const [rejection] = data;
  insist(rejection?.reason === 'signature_mismatch', 'the rejection gives another reason');
  stage.note(`${rejection.reason}: ${rejection.lastDetail}`);
  stage.done('the sender heard 401 and nothing of why');
}

/** Documenso is answered when the event is committed, whatever the application does. */
export async function demandsNothing(scene: Scene, source: Source): Promise<void> {
  const { stage, receiver } = scene;
  stage.step('The application is down while the next document is signed');
  receiver.plan = { ...obedient, failFirst: 1, status: 503 };
  const known = new Set((await readEvents(scene, source)).map(({ id }) => id));
  const report = await sendAsDocumenso(scene, source, { seed: 'second', event: completed });
  insist(report.clean && report.genuine.retries === 0, 'Documenso had to send it again');
  stage.done('Documenso heard 200 at once: for it, the matter is closed');
  const event = (await readEvents(scene, source)).find(({ id }) => !known.has(id));
  insist(event !== undefined, 'there is no new event');
  const delivery = await follow(scene, event.id);
  receiver.plan = obedient;
  insist(delivery.state === 'succeeded', `the delivery is ${delivery.state}`);
  insist(delivery.attempts.length === 2, `${delivery.attempts.length} attempts are on record, not 2`);
  stage.done('the application is back and got it by the first retry');
}

type Story = { seed: string; event?: string; forge?: true };

/** Shows the command, does the same, and shows each request with its answer. */
async function sendAsDocumenso(scene: Scene, source: Source, story: Story): Promise<SimulationReport> {
  const { stage, signal, terminal } = scene;
  const { seed, event, forge } = story;
  stage.command([
    'posthorn simulate documenso --to "$URL/in/$SOURCE" --secret "$SECRET"',
    `--seed ${seed} --at ${new Date(source.toldAtMs).toISOString().replace('.000', '')}`,
    ...(event === undefined ? [] : [`--event ${event}${forge === true ? ' --forge' : ''}`]),
  ]);
  const onExchange = ({ event: name, status, tookMs, verdict }: Exchange): void => {
    const { paint } = terminal;
    const isRight = verdict === 'acknowledged' || verdict === 'refused';
    const outcome = `${status ?? 'no answer'} in ${readableDuration(tookMs)}`;
    const line = [paint.dim(readableTime(Date.now())), name.padEnd(eventWidth)].join('  ');
    stage.note(`${line}  ${isRight ? paint.green(outcome) : paint.red(outcome)}`);
  };
  const options = { provider: 'documenso', to: source.url, secrets: [source.secret], atMs: source.toldAtMs };
  return await simulate({ ...options, ...story, onExchange, signal });
}

async function listEvents(scene: Scene, source: Source): Promise<EventView[]> {
  const path = '/v1/teams/$TEAM/events?source=$SOURCE';
  const page = await scene.stage.call<{ data: EventView[] }>('GET', [path, { TEAM: scene.team, SOURCE: source.id }]);
  return page.data;
}

/** The same unseen. */
async function readEvents(scene: Scene, source: Source): Promise<EventView[]> {
  const path = `/v1/teams/${scene.team}/events?source=${source.id}`;
  return (await scene.api.request<{ data: EventView[] }>('GET', path)).data;
}
