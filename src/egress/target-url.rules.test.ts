import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileAddressPolicy } from './address.rules.ts';
import { judgeTargetUrl } from './target-url.rules.ts';

const production = {
  requireHttps: true,
  addressPolicy: compileAddressPolicy({ allowLoopback: false, allowedNetworks: [] }),
};
const development = {
  requireHttps: false,
  addressPolicy: compileAddressPolicy({ allowLoopback: true, allowedNetworks: [] }),
};

describe('which URLs requests may be sent to', () => {
  it.each([
    'https://example.com',
    'https://example.com/hooks?tenant=1&token=a%20b',
    'https://example.com:8443/x',
    'HTTPS://EXAMPLE.com/',
    'https://bücher.example/',
    'https://example.com./',
    'https://93.184.216.34/',
    'https://[2606:4700::1111]:8443/',
  ])('takes %s', (url) => {
    expect(judgeTargetUrl(url, production)).toEqual({ ok: true, url: new URL(url) });
  });

  it.each([
    ['', 'not an http'],
    ['example.com', 'not an http'],
    ['ftp://example.com/', 'not an http'],
    ['file:///etc/passwd', 'not an http'],
    ['javascript:alert(1)', 'not an http'],
    ['https:example.com', 'not an http'],
    ['https:/example.com', 'not an http'],
    ['https://', 'not an http'],
    ['https://exa mple.com/', 'white space'],
    ['https://example.com/\n', 'white space'],
    [' https://example.com/', 'white space'],
    ['https://example.com\\@10.0.0.1/', 'backslash'],
    ['http://example.com/', 'not https'],
    ['https://user@example.com/', 'user name'],
    ['https://user:secret@example.com/', 'user name'],
    ['https://@example.com/', 'user name'],
    ['https://example.com/#top', 'fragment'],
    ['https://example.com/#', 'fragment'],
    ['https://example.com:0/', 'port 0'],
    ['https://example.com:99999/', 'not an http'],
    ['https://localhost/', 'itself'],
    ['https://LOCALHOST./', 'itself'],
    ['https://app.localhost/', 'itself'],
    ['https://metadata.google.internal/computeMetadata/v1/', 'metadata'],
    ['https://Metadata.Google.Internal./', 'metadata'],
    ['https://instance-data/', 'metadata'],
    ['https://169.254.169.254/', 'metadata'],
    ['https://[fd00:ec2::254]/', 'metadata'],
    ['https://127.0.0.1/', 'loopback'],
    ['https://10.0.0.1/', 'private'],
    ['https://[::1]/', 'loopback'],
    ['https://[::ffff:7f00:1]/', 'loopback'],
    ['https://[::ffff:10.0.0.1]/', 'private'],
    ['https://2130706433/', 'unusual'],
    ['https://0x7f000001/', 'unusual'],
    ['https://0x7f.1/', 'unusual'],
    ['https://0177.0.0.1/', 'unusual'],
    ['https://127.1/', 'unusual'],
    ['https://127.0.0.1./', 'unusual'],
    ['https://1572395042/', 'unusual'],
    ['https://１２７.０.０.１/', 'unusual'],
    ['https://%31%32%37.0.0.1/', 'unusual'],
    ['https:///example.com', 'not an http or https URL'],
    ['https:example.com', 'not an http or https URL'],
    ['https://./', 'no valid host name'],
    ['https://a..b/', 'no valid host name'],
    [`https://example.com/${'a'.repeat(2048)}`, 'longer than'],
  ])('refuses %j: %s', (url, reason) => {
    const verdict = judgeTargetUrl(url, production);
    expect(verdict).toEqual({ ok: false, reason: expect.stringContaining(reason), remedy: expect.any(String) });
  });

  it('takes plain http and the machine itself in development', () => {
    for (const url of ['http://localhost:3000/', 'http://127.0.0.1:3000/', 'http://[::1]/', 'http://app.localhost/']) {
      expect(judgeTargetUrl(url, development).ok).toBe(true);
    }
    expect(judgeTargetUrl('http://10.0.0.1/', development).ok).toBe(false);
    expect(judgeTargetUrl('http://metadata.google.internal/', development).ok).toBe(false);
  });

  it('refuses every spelling of an IPv4 address but the usual one', () => {
    const part = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(
        part,
        part,
        part,
        part,
        fc.constantFrom('decimal', 'hex', 'octal', 'short'),
        (a, b, c, d, spelling) => {
          const value = ((a * 256 + b) * 256 + c) * 256 + d;
          const spelled = {
            decimal: `${value}`,
            hex: `0x${value.toString(16)}`,
            octal: [a, b, c, d].map((each) => `0${each.toString(8)}`).join('.'),
            short: `${a}.${b}.${c * 256 + d}`,
          }[spelling];
          expect(judgeTargetUrl(`http://${spelled}/`, development).ok).toBe(false);
        },
      ),
    );
  });

  it('answers for any text without throwing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `https://${text}`),
          fc.stringMatching(/^https?:\/\/[a-z0-9.:@[\]%-]{1,20}[/?#]?/),
        ),
        (text) => {
          expect(typeof judgeTargetUrl(text, production).ok).toBe('boolean');
        },
      ),
    );
  });
});
