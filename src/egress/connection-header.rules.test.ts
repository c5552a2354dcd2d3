import { expect, test } from 'vitest';
import { isConnectionHeader } from './connection-header.rules.ts';

test.each(['connection', 'transfer-encoding', 'upgrade', 'proxy-authorization', 'proxy-connection', 'http2-settings'])(
  '%s is of the connection',
  (name) => {
    expect(isConnectionHeader(name)).toBe(true);
  },
);

test.each(['content-length', 'content-type', 'authorization', 'x-proxy-authorization', 'x-connection'])(
  '%s is of the message',
  (name) => {
    expect(isConnectionHeader(name)).toBe(false);
  },
);
