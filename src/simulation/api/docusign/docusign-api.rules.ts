import { makeAccount } from '../../docusign/envelope.rules.ts';
import { signs } from '../../docusign/recipients.rules.ts';
import { type Random, uuid } from '../../random.rules.ts';
import type { PlanFeature } from '../../docusign-plan.rules.ts';
import { ScenarioProblem } from '../../scenario-problem.rules.ts';
import { AnswerNow, jsonAnswer, withHeaders } from '../answers.rules.ts';
import { createRouter } from '../routes.rules.ts';
import type { ServedAnswer, ServedRequest, SimulatedApi } from '../served.ts';
import { createAccountServer } from './account-server.rules.ts';
import { accountRoutes } from './account-routes.rules.ts';
import { docusignError } from './docusign-errors.rules.ts';
import { createDocusignLimits, type EnvelopeLimits, hourlyExceeded } from './docusign-limits.rules.ts';
import { createDocusignState, type StoredEnvelope } from './docusign-state.rules.ts';
import type { PlanGaps } from './plan.rules.ts';
import { restRoutes } from './rest-routes.rules.ts';

export type DocusignApiOptions = {
  random: Random;
  /** What the integration key's private key is checked against: PEM, RSA. */
  publicKeyPem: string;
  bounds: { most: number; mostBytes: number };
  /** What `aud` may be, beside the host that a client calls. */
  audiences: readonly string[];
  /** Whether the user has consented already: otherwise `/oauth/auth` is to be opened. */
  isConsentGiven: boolean;
  tokenLifetimeSeconds: number;
  callsPerHour: number;
  /** Calls in 30 s. */
  burst: number;
  /** Not in the provider facts. */
  limitStatus: number;
  /** Not public: null has none. */
  envelopeLimits: EnvelopeLimits | null;
  /** Whether the message of envelope-completed carries the PDFs. */
  includeDocuments: boolean;
  /** How long after it was their turn people sign by themselves; null for never. */
  signAfterMs: number | null;
  /** Features that the plan of the account lacks: what asks for them is refused. */
  planLacks: readonly PlanFeature[];
};

export type DocusignApi = SimulatedApi & {
  integrationKey: string;
  userId: string;
  accountId: string;
  setConsent: (given: boolean) => void;
  expireTokens: () => void;
  issueToken: (nowMs: number) => string;
  /** Instead of what the plan lacks. */
  setPlan: (gaps: Partial<PlanGaps>) => void;
};

/** DocuSign's account server and REST API v2.1 on one host: see its section of the provider facts. */
export function createDocusignApi(options: DocusignApiOptions): DocusignApi {
  const { random, signAfterMs } = options;
  const account = makeAccount(random);
  const integrationKey = uuid(random);
  const state = createDocusignState({ ...options, account });
  const accounts = createAccountServer({ ...options, account, integrationKey });
  const limits = createDocusignLimits(options);
  const oauth = createRouter(accounts.routes);
  let gaps: PlanGaps = { refused: options.planLacks, dropped: [] };
  const rest = createRouter({ ...restRoutes(state, () => gaps), ...accountRoutes(state, () => gaps, random) });

  function answer(request: ServedRequest): ServedAnswer {
    if (request.path.startsWith('/oauth/')) {
      const found = oauth(request.method, request.path);
      return found.kind === 'found' ? found.handle(request) : jsonAnswer(404, { error: 'not_found' });
    }
    const [, accountId = '', path = ''] = /^\/restapi\/v2\.1\/accounts\/([^/]+)(\/.*)?$/.exec(request.path) ?? [];
    if (accountId === '') return docusignError(404, 'RESOURCE_NOT_FOUND', 'The URL was not found.');
    if (!accounts.isAuthorized(request)) {
      return docusignError(401, 'AUTHORIZATION_INVALID_TOKEN', 'The access token is expired, revoked or malformed.');
    }
    const envelopeId = /^\/envelopes\/([\da-f-]{36})\b/i.exec(path)?.[1] ?? null;
    const { refusal, headers } = limits.take(request, envelopeId);
    return withHeaders(refusal ?? handle(accountId, path, request), headers);
  }

  function handle(accountId: string, path: string, request: ServedRequest): ServedAnswer {
    if (accountId.toLowerCase() !== account.accountId) {
      return docusignError(400, 'USER_DOES_NOT_BELONG_TO_SPECIFIED_ACCOUNT', 'The account is not one of the user.');
    }
    try {
      const found = rest(request.method, path);
      if (found.kind === 'found') return found.handle(request);
      return found.kind === 'method'
        ? docusignError(405, 'INVALID_REQUEST_METHOD', 'The method is not supported here.')
        : docusignError(404, 'RESOURCE_NOT_FOUND', 'The URL was not found.');
    } catch (error) {
      if (error instanceof AnswerNow) return error.answer;
      throw error;
    }
  }

  /** Everybody whose turn it is, and since when. */
  const waiting = (): { envelopeId: string; key: string; dueMs: number }[] =>
    signAfterMs === null
      ? []
      : state.all().flatMap((envelope) => {
          const { envelopeId, status } = envelope;
          if (status !== 'sent' && status !== 'delivered') return [];
          return envelope.recipients
            .filter((each) => signs(each) && (each.status === 'sent' || each.status === 'delivered'))
            .map(({ key, sentAtMs }) => ({ envelopeId, key, dueMs: (sentAtMs ?? 0) + signAfterMs }));
        });

  function demand(envelopeId: string): StoredEnvelope {
    const envelope = state.find(envelopeId);
    if (envelope !== undefined) return envelope;
    throw new ScenarioProblem('', `no envelope "${envelopeId}" is known`, 'take the id of one');
  }

  return {
    integrationKey,
    userId: account.userId,
    accountId: account.accountId,
    setConsent: accounts.setConsent,
    expireTokens: accounts.expireTokens,
    issueToken: accounts.issueToken,
    setPlan(next) {
      gaps = { refused: [], dropped: [], ...next };
    },
    answer,
    failure(status, request, retryAfterSeconds) {
      const headers = retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
      if (request.path.startsWith('/oauth/')) return jsonAnswer(status, { error: 'server_error' }, headers);
      const error =
        status === 429
          ? hourlyExceeded(status, options.callsPerHour)
          : docusignError(status, 'UNSPECIFIED_ERROR', 'A simulated fault.');
      return withHeaders(error, headers);
    },
    act({ subject, who, does, fields }, nowMs) {
      const envelope = demand(subject);
      const recipient = envelope.recipients.find((each) => [each.recipientId, each.email, each.name].includes(who));
      if (recipient === undefined && who !== 'sender') {
        const remedy = 'name one by e-mail address, id or name, or say sender';
        throw new ScenarioProblem('', `"${who}" is no recipient of it`, remedy);
      }
      state.step(envelope, recipient?.key ?? who, does, nowMs, fields);
    },
    signingPage(token) {
      const view = state.findView(token);
      const envelope = view === undefined ? undefined : state.find(view.envelopeId);
      const recipient = envelope?.recipients.find(({ recipientId }) => recipientId === view?.recipientId);
      if (envelope === undefined || recipient === undefined) return null;
      const isOpen = recipient.status === 'sent' || recipient.status === 'delivered';
      const action = { subject: envelope.envelopeId, who: recipient.recipientId, does: 'sign' };
      return { action, title: envelope.emailSubject, who: recipient.name, isOpen };
    },
    subjects: () =>
      state.all().map(({ envelopeId, emailSubject, status, recipients }) => ({
        id: envelopeId,
        title: emailSubject,
        status,
        people: recipients.map(({ email }) => email),
      })),
    dueAtMs: () => waiting().reduce<number | null>((least, { dueMs }) => Math.min(least ?? dueMs, dueMs), null),
    advance(nowMs) {
      for (const { envelopeId, key, dueMs } of waiting()) {
        if (dueMs > nowMs) continue;
        state.step(demand(envelopeId), key, 'open', nowMs);
        state.step(demand(envelopeId), key, 'sign', nowMs);
      }
    },
    takeEffects: state.takeEffects,
  };
}
