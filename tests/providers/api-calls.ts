import type { ApiRequest } from '../../src/providers/api-profile.ts';

/** A call as policies see it, from `GET /path?query`. */
export function apiCall(line: string): ApiRequest {
  const [method = '', target = ''] = line.split(' ');
  const mark = target.indexOf('?');
  return {
    method,
    path: mark === -1 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
  };
}
