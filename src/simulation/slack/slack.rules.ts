import { hmacSha256, isSuccess, jsonBytes, onlySecret, post } from '../make-request.rules.ts';
import { alphabets, characters, type Random } from '../random.rules.ts';
import { anySecret, simpleSimulator, unixSeconds } from '../simple-simulator.rules.ts';

type World = { team_id: string; api_app_id: string; channel: string; user: string; token: string };

const verification = 'url_verification';
const id = (random: Random, letter: string): string => letter + characters(random, 10, alphabets.lower).toUpperCase();

/** `X-Slack-Signature: v0=` and the hex HMAC of `v0:timestamp:body`. */
export const slack = simpleSimulator<World>({
  name: 'slack',
  title: 'Slack',
  by: 'slack',
  secret: anySecret("the app's signing secret", (random) => characters(random, 32, alphabets.hex)),
  defaultScenario: 'conversation',
  covers: 'body',
  timestamped: true,
  events: {
    [verification]: {
      description: 'Asks whether the URL is yours: the answer is to repeat its challenge',
      tell: ({ team_id }, _atMs, random) => ({
        subject: team_id,
        content: { challenge: characters(random, 52, alphabets.mixed) },
      }),
    },
    app_mention: {
      description: 'Somebody addressed the app',
      tell: (world, atMs) => said(world, atMs, { type: 'app_mention', text: 'is the contract signed?' }),
    },
    message: {
      description: 'Somebody wrote something',
      tell: (world, atMs) => said(world, atMs, { type: 'message', text: 'Grüße aus Brno 👋' }),
    },
    reaction_added: {
      description: 'Somebody reacted',
      tell: (world, atMs) => said(world, atMs, { type: 'reaction_added', reaction: 'white_check_mark' }),
    },
    team_join: {
      description: 'Somebody is new',
      tell: ({ team_id, user }) => ({ subject: team_id, content: { type: 'team_join', user: { id: user, team_id } } }),
    },
  },
  makeWorld: (random, shared) => ({
    team_id: id(shared, 'T'),
    api_app_id: id(shared, 'A'),
    channel: id(random, 'C'),
    user: id(random, 'U'),
    token: characters(shared, 24, alphabets.mixed),
  }),
  prepare({ event, content, atMs, world }, random) {
    const { team_id, api_app_id, token } = world;
    const callback = {
      token,
      team_id,
      api_app_id,
      event: content,
      type: 'event_callback',
      event_id: id(random, 'Ev'),
      event_time: unixSeconds(atMs),
    };
    const body = jsonBytes(event === verification ? { token, ...content, type: verification } : callback);
    return (stamp) => {
      const time = String(unixSeconds(stamp.nowMs));
      const signature = hmacSha256(onlySecret(stamp), `v0:${time}:`, body).toString('hex');
      return post(stamp, 'application/json', body, [
        ['X-Slack-Request-Timestamp', time],
        ['X-Slack-Signature', `v0=${signature}`],
      ]);
    };
  },
  acknowledged({ status, body }, request) {
    const challenge = /"challenge":"(\w+)"/.exec(request.body.toString('utf8'))?.[1];
    return isSuccess(status) && (challenge === undefined || body.includes(challenge));
  },
});

function said(world: World, atMs: number, event: object): { subject: string; content: object } {
  const { channel, user } = world;
  const ts = (atMs / 1000).toFixed(6);
  return { subject: channel, content: { ...event, user, channel, ts, event_ts: ts } };
}
