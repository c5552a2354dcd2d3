import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { guideRoutes } from './guide.routes.ts';
import { headingId, pageNameOf, servedLink } from './page-links.rules.ts';
import { readGuide } from './read-pages.ts';
import { renderMarkdown } from './render-markdown.ts';

const served = new Set(['docs/api.md', 'docs/security.md', 'README.md']);
const rendered = (text: string): string => renderMarkdown(text, 'docs/api.md', served).html;

describe('a page', () => {
  it.each([
    '<script>alert(1)</script>',
    'a <img src=x onerror=alert(1)> b',
    '<iframe src="https://example.com"></iframe>',
    '![a](https://example.com/a.png)',
    '[x](javascript:alert(1))',
    '[x](data:text/html,hi)',
    '[x](//example.com)',
    '[x](</docs"onclick="x>)',
    '`<b onclick=x>`',
  ])('runs and fetches nothing: %s', (text) => {
    expect(rendered(text)).not.toMatch(/<(?:script|img|iframe|b)\b|<a [^>]*(?:javascript|data:|onclick|href="\/\/)/i);
  });

  it('keeps tables, code and headings, with the ids that GitHub gives them', () => {
    const text =
      '# One\n\n## The `same` twice\n\n## The `same` twice\n\n| a | b |\n|---|---|\n| `x` | <y> |\n\n```sh\nls <a>\n```\n';
    const html = rendered(text);
    expect(html).toContain('<h2 id="the-same-twice-1">The <code>same</code> twice</h2>');
    expect(html).toContain('<td><code>x</code></td><td>&lt;y&gt;</td>');
    expect(html).toContain('ls &lt;a&gt;');
  });

  it('shows HTML as text, and no comments', () => {
    expect(rendered('<!-- generated: a -->\n\na <y> b\n')).toBe('<p>a &lt;y&gt; b</p>\n');
  });

  it('links to pages that are served, and to nothing else of the source', () => {
    const leads = (href: string): string | null => servedLink(href, 'docs/api.md', served);
    expect(leads('security.md#keys')).toBe('/docs/guide/security#keys');
    expect(leads('../README.md#start')).toBe('/docs/guide/readme#start');
    expect(leads('#here')).toBe('#here');
    expect(leads('https://example.com/a')).toBe('https://example.com/a');
    expect(leads('../src/main.ts')).toBeNull();
    expect(leads('missing.md')).toBeNull();
  });

  it('has a name of its own', () => {
    expect(['docs/api.md', 'README.md', 'src/main.ts', 'docs/../x.md'].map(pageNameOf)).toEqual([
      'api',
      'readme',
      null,
      null,
    ]);
    expect(headingId('What? (It) is_so', new Map())).toBe('what-it-is_so');
  });
});

describe('what is served', () => {
  const open = async (folder?: URL) => {
    const app = fastify({ exposeHeadRoutes: false });
    onTestFinished(() => app.close());
    const guide = { ...(await readGuide(folder)), release: '1.2.3' };
    app.register(guideRoutes({ read: () => Promise.resolve(guide) }));
    return { app, pages: guide.pages };
  };

  it('is every page of the release, without a broken link between them', async () => {
    const { app, pages } = await open();
    expect(pages.size).toBeGreaterThan(30);
    for (const page of pages.values()) {
      const { statusCode, body, headers } = await app.inject(`/docs/guide/${page.name}`);
      expect([page.name, statusCode]).toEqual([page.name, 200]);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(body).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+="|<iframe|<img/);
      expect(body).toContain('content="1.2.3"');
      for (const link of page.links) {
        if (/^https?:/.test(link)) continue;
        const [path = '', id] = link.split('#');
        const target = path === '' ? page : pages.get(path.slice('/docs/guide/'.length));
        expect(target, `${page.path}: ${link}`).toBeDefined();
        if (id !== undefined) expect(target?.html, `${page.path}: ${link}`).toContain(`id="${id}"`);
      }
    }
  });

  it('is not sent again to who has it', async () => {
    const { app } = await open();
    const { headers } = await app.inject('/docs/guide/api');
    expect(headers['cache-control']).toBe('public, max-age=300');
    const again = await app.inject({ url: '/docs/guide/api', headers: { 'if-none-match': String(headers.etag) } });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  it('answers HEAD as GET, without the body', async () => {
    const { app } = await open();
    for (const url of ['/docs/guide', '/docs/guide/style.css', '/docs/guide/api']) {
      const [get, head] = [await app.inject({ url }), await app.inject({ method: 'HEAD', url })];
      expect([head.statusCode, head.body], url).toEqual([200, '']);
      expect(head.headers['content-length'], url).toBe(get.headers['content-length']);
      expect(head.headers.etag, url).toBe(get.headers.etag);
    }
  });

  it('is nothing but pages', async () => {
    const { app } = await open();
    for (const path of ['/docs/guide/nothing', '/docs/guide/..%2Fpackage.json', '/docs/guide/__proto__']) {
      expect((await app.inject(path)).statusCode).not.toBe(200);
    }
  });

  it('is an empty list where the release came without pages', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthorn-pages-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'package.json'), '{"version": "1.2.3"}');
    expect(await readGuide(pathToFileURL(`${folder}/`))).toEqual({ release: '1.2.3', pages: new Map() });
    await mkdir(join(folder, 'docs'));
    await writeFile(join(folder, 'docs', 'one.md'), '# One <b>\n');
    const { app } = await open(pathToFileURL(`${folder}/`));
    expect((await app.inject('/docs/guide')).body).toContain('<a href="/docs/guide/one">One &lt;b&gt;</a>');
  });
});
