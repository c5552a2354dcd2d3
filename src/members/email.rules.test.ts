import { expect, test } from 'vitest';
import { emailKey, emailPattern } from './email.rules.ts';

const pattern = new RegExp(emailPattern, 'u');

test.each(['ada@example.com', 'ADA+x@sub.example', 'jos\u00e9@example.com', 'a@b'])('%s may be an e-mail', (email) => {
  expect(pattern.test(email)).toBe(true);
});

test.each(['ada', '@example.com', 'ada@', 'a@b@c', 'a b@c', 'a@b\n', 'Ada <ada@example.com>', 'a\u0000@b'])(
  '%j may not',
  (email) => {
    expect(pattern.test(email)).toBe(false);
  },
);

test('case and the composition of accents make no other person', () => {
  expect(emailKey('JOSE\u0301@Example.com')).toBe(emailKey('jos\u00e9@example.COM'));
  expect(emailKey('ada@example.com')).not.toBe(emailKey('ada@example.org'));
});
