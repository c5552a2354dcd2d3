import http from 'node:http';
import { buffer } from 'node:stream/consumers';

export type Posted = { status: number; headers: http.IncomingHttpHeaders; text: string };

type How = {
  method?: string;
  /** A list sends a header several times. */
  headers?: Record<string, string | string[]>;
  /** In this many chunks, without a declared length. */
  chunks?: number;
  /** The address of loopback that it comes from. */
  from?: string;
  agent?: http.Agent;
};

/** One request, as a provider's own client would make it. */
export async function post(url: string, body: Buffer | string, how: How = {}): Promise<Posted> {
  const bytes = Buffer.from(body);
  const { method = 'POST', headers = {}, chunks, from, agent } = how;
  const length = chunks === undefined ? { 'content-length': bytes.length } : { 'transfer-encoding': 'chunked' };
  const options = { method, headers: { ...length, ...headers }, ...(from === undefined ? {} : { localAddress: from }) };
  return new Promise((resolve, reject) => {
    const request = http.request(url, { ...options, agent: agent ?? false }, (response) => {
      buffer(response).then((all) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: all.toString() });
      }, reject);
    });
    request.on('error', reject);
    const size = Math.ceil(bytes.length / (chunks ?? 1));
    for (let at = 0; at < bytes.length; at += size) request.write(bytes.subarray(at, at + size));
    request.end();
  });
}
