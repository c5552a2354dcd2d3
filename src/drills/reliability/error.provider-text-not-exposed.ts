import type { Drill } from '../drill.ts';
import { judgeExposed, type ExposedFacts } from './error.provider-text-not-exposed.rules.ts';
import { startSilentServer } from './silent-server.ts';
import { exchangedCredential } from './token-server.ts';
import { callingTeam, readConnection, type TwinAnswer, twinConnection } from './twin-connection.ts';

/** A host, a place in code and a token, as answers with errors quote them. */
const marks = ['db7.drill-marked.internal', 'at DrillMarked.handle (/srv/app.js:1:1)', 'drillmarkedtoken'];
const marked = `connect ECONNREFUSED ${marks[0]}\n    ${marks[1]}\n token=${marks[2]}`;
const minimumCalls = 3;
const hangMs = 1_000;
const toldWithinMs = 2_000;

/** Alerts beyond messages to endpoints are not looked at: there are none yet. */
export const providerTextNotExposed: Drill = {
  checkId: 'error.provider-text-not-exposed',
  subject: 'connection',
  version: 1,
  does: 'Lets servers fail with marked texts behind twins of the connection, and looks for the marks in all that people read.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 120,
  async run(stage, subject) {
    const connection = await readConnection(stage, subject);
    const { provider } = connection;
    const at = await callingTeam(stage);
    const told = await stage.receiver();
    await at.team.endpoint({ url: told.url, eventTypes: ['posthorn.*'] });
    let sent = 0;
    const failing = await stage.receiver(({ path }) => {
      sent += 1;
      const type = path.includes('oauth') ? 'application/json' : 'text/html';
      const body = JSON.stringify({ error: 'invalid_client', error_description: marked, message: marked });
      return {
        status: path.includes('oauth') ? 401 : 500,
        headers: { 'content-type': type, 'x-trace': marks[2] ?? '' },
        body,
      };
    });
    const broken = await startSilentServer(stage.signal, `${marked}\r\n\r\n`);
    try {
      const policy = {
        retries: { most: 0 },
        timeouts: { firstByteMs: hangMs, idleMs: hangMs },
        breaker: { minimumCalls, openMs: 60_000 },
      };
      const given = { at, policy, freeBudgets: true };
      const refusing = await twinConnection(stage, connection, { ...given, url: failing.url });
      const unreadable = await twinConnection(stage, connection, { ...given, url: broken.url });
      // Where credentials are entered as they are, those of any API stand for the kinds that are exchanged.
      const kind = provider === 'docusign' ? 'docusign-jwt' : 'oauth-client-credentials';
      const exchanging = await twinConnection(
        stage,
        { ...connection, provider: provider === 'docusign' ? provider : 'generic' },
        { ...given, url: failing.url, credentials: [exchangedCredential(kind, 'first', failing.url)] },
      );
      const answers: ExposedFacts['answers'][number][] = [];
      const look = (way: string, answer: TwinAnswer): void => {
        answers.push({ way, code: answer.code, ...readProblem(answer), marks: marksIn(textOf(answer)) });
        stage.note(`The provider failed: ${way}.`, { status: answer.status, code: answer.code });
      };
      look('its sign-in refuses', await exchanging.call('GET', exchanging.path('sign-in')));
      look('it answers what is no HTTP', await unreadable.call('GET', unreadable.path('garbage')));
      look('it never answers', await unreadable.call('GET', unreadable.path('silent')));
      for (let index = 0; index < minimumCalls; index += 1) await refusing.call('GET', refusing.path(index));
      look('it has failed too often', await refusing.call('GET', refusing.path('refused')));

      await stage.pause(toldWithinMs);
      const { node, team } = at;
      const pages = await Promise.all(
        [`/health/${provider}`, '/readyz', '/metrics', `/v1/teams/${team.id}/connections`].map(async (path) => {
          const { body } = await node.call('GET', path, path.startsWith('/v1') ? { key: team.key } : {});
          return { place: path.replace(team.id, ':team'), marks: marksIn(JSON.stringify(body)) };
        }),
      );
      const messages = told.requests.map(({ body }) => Buffer.from(body).toString()).join('\n');
      const places = [
        ...pages,
        { place: 'messages to endpoints', marks: marksIn(messages) },
        { place: 'the log', marks: marksIn(node.output()) },
      ];
      stage.note('What people read was looked through.', { places: places.length, messages: told.requests.length });
      return judgeExposed({ answers, places, sent });
    } finally {
      broken.close();
    }
  },
};

/** In JSON a line break is written otherwise: each mark stands in one line. */
function marksIn(text: string): string[] {
  return marks.filter((mark) => text.includes(mark));
}

function textOf({ text, headers }: TwinAnswer): string {
  return [text, ...[...headers].map(([name, value]) => `${name}: ${value}`)].join('\n');
}

function readProblem({ code, text }: TwinAnswer): { detail: string; requestId: string } {
  if (code === null) return { detail: '', requestId: '' };
  const { detail, instance } = JSON.parse(text) as { detail?: unknown; instance?: unknown };
  return {
    detail: typeof detail === 'string' ? detail : '',
    requestId: typeof instance === 'string' ? instance : '',
  };
}
