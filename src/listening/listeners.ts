import { Problem } from '../problem.ts';
import { rowOfPublished } from './listening-line.ts';
import type { ListenedEventRow } from './listening.store.ts';
import { type ListeningScope, type PublishedEvent, wantsEvent } from './listening-scope.rules.ts';

/** Everyone who listens along at this node. */
export type Listeners = {
  /** Tells of a committed event. Costs a comparison when nobody listens. */
  publish(event: PublishedEvent): void;
  /** @throws Problem overloaded, shutting_down */
  join(scope: ListeningScope, on: { news: () => void; stop: () => void }): Membership;
  /** Ends all of them, and refuses later ones. */
  stop(): void;
};

type Membership = {
  /** What came since the last time, in the order of its commits; not all of it after an overflow. */
  takeNews(): ListenedEventRow[];
  leave(): void;
};

type Member = {
  scope: ListeningScope;
  news: ListenedEventRow[];
  bytes: number;
  onNews: () => void;
  onStop: () => void;
};

const mostListeners = 200;
const mostOfTeam = 20;
/** What waits for one listener. More is left to its next look at the database, which misses nothing. */
const newsMax = 256;
const newsMaxBytes = 512 * 1024;

export function createListeners(limits: { most?: number; mostOfTeam?: number } = {}): Listeners {
  const teams = new Map<string, Set<Member>>();
  let count = 0;
  let stopped = false;

  const offer = (member: Member, event: PublishedEvent): void => {
    const sizeBytes = event.draft.body.length;
    if (member.news.length >= newsMax || member.bytes + sizeBytes > newsMaxBytes) return;
    // Without the parsed payload, which may be many times its size.
    member.news.push(rowOfPublished(event));
    member.bytes += sizeBytes;
    member.onNews();
  };

  return {
    publish(event) {
      if (count === 0) return;
      for (const member of teams.get(event.draft.teamId) ?? []) {
        if (wantsEvent(member.scope, event)) offer(member, event);
      }
    },
    join(scope, on) {
      const { teamId } = scope;
      const ofTeam = teams.get(teamId) ?? new Set();
      if (stopped) throw new Problem('shutting_down', 'This node is stopping; try again.', { retryAfterSeconds: 1 });
      if (ofTeam.size >= (limits.mostOfTeam ?? mostOfTeam)) throw tooMany(ofTeam.size, 'of this team ');
      if (count >= (limits.most ?? mostListeners)) throw tooMany(count, '');
      const member: Member = { scope, news: [], bytes: 0, onNews: on.news, onStop: on.stop };
      teams.set(teamId, ofTeam.add(member));
      count += 1;
      return {
        takeNews() {
          const taken = member.news;
          member.news = [];
          member.bytes = 0;
          return taken;
        },
        leave() {
          if (!ofTeam.delete(member)) return;
          count -= 1;
          if (ofTeam.size === 0) teams.delete(teamId);
        },
      };
    },
    stop() {
      stopped = true;
      for (const members of teams.values()) for (const member of members) member.onStop();
    },
  };
}

function tooMany(count: number, of: string): Problem {
  const detail = `${count} listeners ${of}are connected to this node already; end one of them.`;
  return new Problem('overloaded', detail, { retryAfterSeconds: 5 });
}
