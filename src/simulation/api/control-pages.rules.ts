import { ScenarioProblem } from '../scenario-problem.rules.ts';
import { htmlAnswer, jsonAnswer } from './answers.rules.ts';
import { isObject, objectAt, readObject, textAt } from './read-json.rules.ts';
import type { ServedAnswer, ServedRequest, SimulatedApi, WorldAction } from './served.ts';

/** What no provider has: pages to sign on, and `/simulator/` to look at the world and let people act. Null: not ours. */
export function answerControl(
  api: SimulatedApi,
  request: ServedRequest,
  requests: () => readonly object[],
): ServedAnswer | null {
  const { method, path, nowMs } = request;
  const token = /^\/sign\/([\w-]+)$/.exec(path)?.[1];
  if (token !== undefined) return answerSigning(api, token, method, nowMs);
  if (!path.startsWith('/simulator/')) return null;
  if (path === '/simulator/requests' && method === 'GET') return jsonAnswer(200, { requests: requests() });
  if (path === '/simulator/subjects' && method === 'GET') return jsonAnswer(200, { subjects: api.subjects() });
  if (path !== '/simulator/act' || method !== 'POST') return jsonAnswer(404, { error: 'There is no such page' });
  // A page of another site can post neither this content type nor read answers.
  if (!(request.headers.get('content-type') ?? '').startsWith('application/json')) {
    return jsonAnswer(415, { error: 'Send application/json' });
  }
  const action = readAction(request.body);
  if (action === null) return jsonAnswer(400, { error: 'Send {"subject", "who", "does"}' });
  return attempt(() => api.act(action, nowMs)) ?? jsonAnswer(200, { done: true });
}

function answerSigning(api: SimulatedApi, token: string, method: string, nowMs: number): ServedAnswer {
  const page = api.signingPage(token, nowMs);
  if (page === null) return htmlAnswer(404, layout('Not found', 'There is nothing to sign here.'));
  if (method === 'POST') {
    const does = page.isOpen ? attempt(() => api.act(page.action, nowMs)) : null;
    if (does !== null) return htmlAnswer(409, layout(page.title, 'It cannot be signed now.'));
    return htmlAnswer(200, layout(page.title, page.isOpen ? 'Signed.' : 'There is nothing to do.'));
  }
  if (page.isOpen) attempt(() => api.act({ ...page.action, does: 'open' }, nowMs));
  const form = '<form method="post"><button>Sign</button></form>';
  return htmlAnswer(200, layout(page.title, page.isOpen ? form : 'There is nothing to do.', page.who));
}

/** What is wrong as an answer; null when nothing was. */
function attempt(act: () => void): ServedAnswer | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof ScenarioProblem) return jsonAnswer(409, { error: error.what, remedy: error.remedy });
    throw error;
  }
}

function readAction(body: Buffer): WorldAction | null {
  const given = readObject(body) ?? {};
  const [subject, who, does] = [textAt(given, 'subject'), textAt(given, 'who'), textAt(given, 'does')];
  if (subject === null || who === null || does === null) return null;
  const fields = isObject(given['fields']) ? objectAt(given, 'fields') : {};
  const simple = Object.entries(fields).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[name, value] as const]
      : [],
  );
  return { subject, who, does, fields: Object.fromEntries(simple) };
}

function layout(title: string, content: string, who = ''): string {
  const head = `<meta charset="utf-8"><title>${escaped(title)}</title>`;
  const greeting = who === '' ? '' : `<p>For ${escaped(who)}</p>`;
  return `<!doctype html><html><head>${head}</head><body><h1>${escaped(title)}</h1>${greeting}<p>${content}</p></body></html>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
