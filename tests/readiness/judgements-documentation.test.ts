import { describe, expect, test } from 'vitest';
import {
  judgeDocumentation,
  type ServedDocumentation,
} from '../../src/readiness/collectors/documentation/launch.docs.current.rules.ts';
import { namesOfPages, readServedPage } from '../../src/readiness/served-pages.rules.ts';

const html = `<html><head><meta name="posthorn-release" content="1.2.3"></head><body><nav><a href="/docs/guide/two">Two</a>
<a href="/docs">API</a></nav><main><h1 id="one">One</h1><p>See <a href="/docs/guide/two#deep">two</a>, <a href="#one">one</a> and
<a href="https://example.com">others</a>: <code>gateway.is-well</code>.</p></main></body></html>`;

describe('a served page', () => {
  test('says of which release it is, where it leads and where it can be linked to', () => {
    expect(readServedPage('one', html)).toMatchObject({
      name: 'one',
      release: '1.2.3',
      ids: ['one'],
      links: ['two', 'two#deep', 'one#one'],
      text: expect.stringContaining('gateway.is-well') as string,
    });
    expect(namesOfPages(html)).toEqual(['two']);
  });
});

describe('what is served', () => {
  const page = (name: string, more: Partial<ServedDocumentation['pages'][number]> = {}) => ({
    name,
    release: '1.2.3',
    ids: ['top'],
    links: ['one#top', 'readiness-catalogue'],
    text: 'a.check of two.checks',
    ...more,
  });
  const facts: ServedDocumentation = {
    release: '1.2.3',
    pages: [page('one'), page('readiness-catalogue')],
    checks: ['a.check', 'two.checks'],
  };
  test.each([
    ['all is well', facts, 'passed'],
    ['there is nothing', { ...facts, pages: [] }, 'failed'],
    ['it is of another release', { ...facts, release: '1.3.0' }, 'failed'],
    ['one page says no release', { ...facts, pages: [...facts.pages, page('three', { release: '' })] }, 'failed'],
    ['a link leads to no page', { ...facts, pages: [...facts.pages, page('three', { links: ['four'] })] }, 'failed'],
    ['a link leads to no place', { ...facts, pages: [...facts.pages, page('three', { links: ['one#x'] })] }, 'failed'],
    ['a check is described nowhere', { ...facts, checks: ['a.check', 'new.check'] }, 'failed'],
    ['a longer name is no description', { ...facts, checks: ['a.chec'] }, 'failed'],
  ])('%s', (_what, given, state) => {
    expect(judgeDocumentation(given).state).toBe(state);
  });
});
