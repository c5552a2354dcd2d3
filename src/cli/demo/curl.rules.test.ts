import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { curlCommand } from './curl.rules.ts';

/** What curl would be given by a shell, argument by argument; no curl is run. */
function asShellReads(lines: readonly string[]): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }; URL=http://u KEY=k TEAM=t; ${lines.join('\n')}`;
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

test('a shell reads the call that is meant, quotes and all', () => {
  const body = { url: `http://127.0.0.1:1/${'x'.repeat(60)}`, note: `it's "quoted" $HOME`, list: [1, 2] };
  const [url, , authorization, , contentType, , data] = asShellReads(curlCommand('POST', '/v1/teams/$TEAM', body));
  expect([url, authorization, contentType]).toEqual([
    'http://u/v1/teams/t',
    'authorization: Bearer k',
    'content-type: application/json',
  ]);
  expect(JSON.parse(data ?? '')).toEqual(body);
});

test('calls without a body name their method', () => {
  expect(asShellReads(curlCommand('POST', '/x'))).toEqual([
    '-X',
    'POST',
    'http://u/x',
    '-H',
    'authorization: Bearer k',
  ]);
  expect(asShellReads(curlCommand('GET', '/x'))).toEqual(['http://u/x', '-H', 'authorization: Bearer k']);
});
