import type { Gateway, Json, ScratchTeam } from '../stage.ts';

const timeoutMs = 60_000;

/**
 * A Posthorn over HTTP.
 * @param options.url asked each time: a restarted node has another. @param options.learn hears every key that it makes.
 */
export function createGateway(options: {
  url: () => string;
  operatorKey: string;
  signal: AbortSignal;
  learn: (secret: string) => void;
}): Gateway {
  const { operatorKey, learn } = options;
  learn(operatorKey);
  const call: Gateway['call'] = async (method, path, { key = operatorKey, body, headers = {} } = {}) => {
    const answer = await fetch(options.url() + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]),
    });
    const read = readBody(await answer.text());
    if (typeof read['key'] === 'string') learn(read['key']);
    if (typeof read['secret'] === 'string') learn(read['secret']);
    return { status: answer.status, headers: answer.headers, body: read };
  };
  return {
    get url() {
      return options.url();
    },
    operatorKey,
    call,
    async want(method, path, more = {}) {
      const { status, body } = await call(method, path, more);
      if (status >= 200 && status < 300) return body;
      throw new UnwantedAnswer(`${method} ${path}`, status, body);
    },
  };
}

/** A team with a key that may do everything in it. */
export async function makeTeam(gateway: Gateway, name: string): Promise<ScratchTeam> {
  const { id } = await gateway.want('POST', '/v1/teams', { body: { name } });
  const grant: Json = { name: 'drill', permissions: ['*'] };
  const { key } = await gateway.want('POST', `/v1/teams/${String(id)}/api-keys`, { body: grant });
  return { id: String(id), key: String(key) };
}

class UnwantedAnswer extends Error {
  constructor(what: string, status: number, body: Readonly<Record<string, unknown>>) {
    const text = (name: string): string => (typeof body[name] === 'string' ? ` ${body[name]}` : '');
    super(`${what} answered ${status}${text('code')}:${text('detail') || ' no reason was given'}`);
    this.name = 'UnwantedAnswer';
  }
}

function readBody(text: string): Record<string, unknown> {
  if (text === '') return {};
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? { ...read } : { value: read };
  } catch {
    return { text };
  }
}
