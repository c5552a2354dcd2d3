import { alphabets, characters, type Random } from '../../random.rules.ts';
import { ScenarioProblem } from '../../scenario-problem.rules.ts';
import { AnswerNow, withHeaders } from '../answers.rules.ts';
import { createRouter } from '../routes.rules.ts';
import type { SimulatedApi } from '../served.ts';
import { createGorouteErrors, type GorouteErrorScheme } from './goroute-errors.rules.ts';
import { gorouteRoutes, openRoutes } from './goroute-routes.rules.ts';
import { createGorouteState, type Transaction } from './goroute-state.rules.ts';

export type GorouteApiOptions = {
  random: Random;
  /** Where the simulator is, for the links in webhooks. */
  origin: () => string;
  bounds: { most: number; mostBytes: number };
  /** What the key begins with: only that tells the sandbox from production. */
  keyPrefix: 'sk_test_' | 'pk_goroute_';
  errors: GorouteErrorScheme;
  /** Between two states of a transaction. */
  stageMs: number;
  /** How long 9915:timeout-test is waited for. */
  timeoutMs: number;
};

export type GorouteApi = SimulatedApi & {
  apiKey: string;
  /** Instead of those that there are: receivers, as `0192:974760673`, whose access points reject what comes. */
  setRejecting: (receivers: readonly string[]) => void;
};

/** GoRoute's API: see its section of the provider facts. Its base URL ends in `/peppol-api`. */
export function createGorouteApi(options: GorouteApiOptions): GorouteApi {
  const { random, origin } = options;
  const apiKey = `${options.keyPrefix}${characters(random, 24, alphabets.mixed)}`;
  const state = createGorouteState(options);
  const errors = createGorouteErrors(options.errors, () => `req_${characters(random, 12, alphabets.lower)}`);
  const guarded = createRouter(gorouteRoutes(state, errors));
  const open = createRouter(openRoutes);

  function demand(subject: string): Transaction {
    const found = state.find(subject) ?? state.findDocument(subject);
    if (found !== undefined) return found;
    throw new ScenarioProblem(
      '',
      `no transaction "${subject}" is known`,
      'take the id of one, or "new" to receive one',
    );
  }

  return {
    apiKey,
    setRejecting: state.setRejecting,
    answer(request) {
      state.advanceAll(request.nowMs);
      const path = request.path.replace(/^\/peppol-api(?=\/)/, '');
      try {
        const free = open(request.method, path);
        if (free.kind === 'found') return free.handle(request);
        if (request.headers.get('x-api-key') !== apiKey)
          return errors.error('unauthorized', 'The API key is not valid');
        const found = guarded(request.method, path);
        if (found.kind === 'found') return found.handle(request);
        return found.kind === 'method'
          ? errors.error('method', 'Not this method')
          : errors.error('not found', 'Not found');
      } catch (error) {
        if (error instanceof AnswerNow) return error.answer;
        throw error;
      }
    },
    failure(status, _request, retryAfterSeconds) {
      const headers = retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
      const kind = status === 429 ? 'busy' : status === 401 ? 'unauthorized' : status === 404 ? 'not found' : 'failed';
      return withHeaders(errors.error(kind, 'A simulated fault', [], status), headers);
    },
    act({ subject, does, fields }, nowMs) {
      const isNew = subject === 'new';
      const document = Buffer.from(
        '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"></Invoice>',
      );
      const read = { number: null, sender: null, receiver: null, document, isXml: true };
      state.step(isNew ? state.begin(read, 'in', nowMs) : demand(subject), does, nowMs, fields, origin());
    },
    signingPage: () => null,
    subjects: () =>
      state.all().map(({ invoice, status }) => ({
        id: invoice.transactionId,
        title: invoice.number,
        status,
        people: [`${invoice.receiver.scheme}:${invoice.receiver.identifier}`],
      })),
    dueAtMs: state.dueAtMs,
    advance: state.advanceAll,
    takeEffects: state.takeEffects,
  };
}
