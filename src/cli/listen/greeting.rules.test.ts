import { expect, test } from 'vitest';
import { createPaint } from '../terminal/paint.rules.ts';
import { greetingLines } from './greeting.rules.ts';

const subject = { url: 'http://gateway.test', source: null, endpoint: null, secret: null };

test('a password in the URL that is forwarded to is not shown', () => {
  const shown = (forward: string) =>
    greetingLines({ ...subject, forward: new URL(forward) }, createPaint(false)).find((line) =>
      /Forwarding/.test(line),
    );
  expect(shown('https://me:pa55word@app.test/hook?a=1')).toBe('Forwarding to https://me:***@app.test/hook?a=1');
  expect(shown('https://app.test/hook')).toBe('Forwarding to https://app.test/hook');
});
