import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCertificateStand } from './certificate-stand.ts';

type Stand = Awaited<ReturnType<typeof openCertificateStand>>;
const planted = `<img src=x onerror="alert(1)">'</title></style><script>alert(2)</script>&amp;`;
let stand: Stand;
let page = '';
let passed: Awaited<ReturnType<Stand['passedReview']>>;
beforeAll(async () => {
  stand = await openCertificateStand();
  passed = await stand.passedReview([planted, `Bo ${planted}`, 'Łukasz Żądło']);
  const { team, review, ada } = passed;
  const body = {
    check: 'gate.oiled',
    reason: `Because ${planted}`,
    control: `Instead ${planted}`,
    expiresAt: '2026-07-21T12:00:00Z',
  };
  stand.findings.set('gate.oiled', { state: 'failed', seen: `Saw ${planted}`, values: [], command: null });
  await stand.run(team, review);
  const path = `/v1/teams/${team}`;
  await stand.call('POST', `${path}/reviews/${review}/waivers`, { key: ada.key, body });
  const proofs = [
    { kind: 'text', text: `Text ${planted}` },
    { kind: 'link', url: `https://example.com/${encodeURI(planted)}'"` },
  ];
  const said = { check: 'people.told', proofs, note: `Note ${planted}` };
  await stand.call('POST', `${path}/attestations`, { key: ada.key, body: said });
  await stand.call('PATCH', path, { body: { name: `Team ${planted}` } });
  const { evidenceHash } = await stand.view(team, review);
  const signature = { duty: 'engineering', evidenceHash, remark: `Remark ${planted}` };
  await stand.call('POST', `${path}/reviews/${review}/sign-offs`, { key: ada.key, body: signature });
  page = (await stand.certificate(team, review, 'html')).text;
});
afterAll(() => stand[Symbol.asyncDispose]());

describe('the page of a certificate', () => {
  test('escapes whatever people wrote, wherever it stands', () => {
    const escaped = '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&lt;/title&gt;';
    for (const where of ['', 'Bo ', 'Because ', 'Instead ', 'Saw ', 'Text ', 'Note ', 'Team ', 'Remark ']) {
      expect(page, where).toContain(where + escaped);
    }
    expect(page).toContain('Łukasz Żądło');
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<script');
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    expect(page.match(/<\/title>/g)?.length).toBe(1 + (page.match(/<rect[^>]*><title>/g)?.length ?? 0));
  });

  test('takes nothing from elsewhere, and runs nothing', () => {
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/<(?:link|script|iframe|img|object|embed)\b/);
    expect(page).not.toMatch(/url\(|@import|\bsrc="/);
  });

  test('says how the review stands, and what is missing', () => {
    expect(page).toContain('Not passed');
    expect(page).toContain('Nobody has signed.');
    expect(page).toContain('Signatures that do not count any more');
    expect(page).toContain('What was signed has changed in substance.');
  });
});

test('a certificate is served to be read and printed, and nothing of it is kept on the way', async () => {
  const html = await stand.certificate(passed.team, passed.review, 'html');
  expect(html.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-store',
  });
  expect(String(html.headers['content-security-policy'])).toContain("default-src 'none'");
  const pdf = await stand.certificate(passed.team, passed.review, 'pdf');
  expect(pdf.headers['content-type']).toBe('application/pdf');
  expect(pdf.text).toMatch(/^%PDF-1\./);
  expect(pdf.text.trimEnd()).toMatch(/%%EOF$/);
  expect((await stand.certificate(passed.team, passed.review, 'exe')).status).toBe(400);
});
