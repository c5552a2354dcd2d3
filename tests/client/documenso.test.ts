import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { NotCompletedError } from '../../src/client/not-completed-error.ts';
import { PosthornError } from '../../src/client/posthorn-error.ts';
import { ProviderError } from '../../src/client/provider-error.ts';
import { type Answered, connectionId, type ProviderCall, startEgress } from './egress-server.ts';

async function startDocumenso(answer: (call: ProviderCall) => Answered | Promise<Answered>) {
  const { client, calls } = await startEgress(answer);
  return { documenso: client.documenso(connectionId), calls };
}

type Part = { head: string; content: string };

/** The parts of a multipart form (RFC 7578) by their names. */
async function formOf({ headers, body }: ProviderCall): Promise<Map<string, Part>> {
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1] ?? '';
  const text = String(await body());
  const parts = text.split(`--${boundary}`).slice(1, -1);
  expect([boundary === '', text.trimEnd().endsWith(`--${boundary}--`)]).toEqual([false, true]);
  return new Map(
    parts.map((part) => {
      const [head = '', content = ''] = part.split('\r\n\r\n');
      return [/ name="([^"]*)"/.exec(head)?.[1] ?? '', { head, content: content.replace(/\r\n$/, '') }];
    }),
  );
}

const envelope = (id: string, more: object = {}) => ({
  id,
  status: 'PENDING',
  externalId: null,
  createdAt: '2026-08-01T00:00:00.000Z',
  envelopeItems: [{ id: `item_${id}`, title: 'a', order: 1 }],
  ...more,
});

describe('documenso', () => {
  it('makes a document of a template, as multipart', async () => {
    let form = new Map<string, Part>();
    const { documenso, calls } = await startDocumenso(async (call) => {
      form = await formOf(call);
      return { json: { id: 'envelope_1', recipients: [{ id: 7, token: 't', signingUrl: 'https://sign' }] } };
    });
    const made = await documenso.createFromTemplate({
      templateId: 'envelope_template',
      externalId: 'INV-1',
      recipients: [{ id: 7, email: 'a@example.com', name: 'A' }],
      distributeDocument: true,
    });
    expect(made.recipients[0]?.signingUrl).toBe('https://sign');
    expect(calls[0]).toMatchObject({ method: 'POST', path: '/api/v2/envelope/use' });
    expect(JSON.parse(form.get('payload')!.content)).toEqual({
      envelopeId: 'envelope_template',
      externalId: 'INV-1',
      recipients: [{ id: 7, email: 'a@example.com', name: 'A' }],
      distributeDocument: true,
    });
  });

  it('uploads PDFs with their names, and with a length, so that Posthorn may keep them', async () => {
    let form = new Map<string, Part>();
    const { documenso, calls } = await startDocumenso(async (call) => {
      form = await formOf(call);
      return { json: { id: 'envelope_1' } };
    });
    const content = new TextEncoder().encode('%PDF-1.7');
    const files = [{ name: 'Vertrag für Škoda.pdf', content }];
    expect(await documenso.create({ title: 'Contract', files })).toEqual({ id: 'envelope_1' });
    expect(JSON.parse(form.get('payload')!.content)).toEqual({ title: 'Contract', type: 'DOCUMENT' });
    const { head, content: sent } = form.get('files')!;
    expect(head).toContain('filename="Vertrag für Škoda.pdf"');
    expect(head).toContain('Content-Type: application/pdf');
    expect(sent).toBe('%PDF-1.7');
    expect(Number(calls[0]?.headers['content-length'])).toBeGreaterThan(8);
  });

  it('refuses a file without a name or bytes, which a form would send as the word undefined', async () => {
    const { documenso, calls } = await startDocumenso(() => ({ json: { id: 'envelope_1' } }));
    const wrong = [
      new Blob(['%PDF']),
      { name: 'a.pdf' },
      { content: new Blob(['%PDF']) },
      { name: 'a', content: 'a.pdf' },
    ];
    for (const file of wrong) {
      const create = async () => documenso.create({ title: 'x', files: [file as never] });
      await expect(create()).rejects.toThrow(/^files\[0\] is \{ name, content \}/);
    }
    expect(calls).toEqual([]);
  });

  it('distributes and gets, with ids that stay one segment of the path', async () => {
    const { documenso, calls } = await startDocumenso(({ path }) =>
      path.endsWith('distribute') ? { json: { success: true, id: 'e', recipients: [] } } : { json: envelope('e') },
    );
    await documenso.distribute('e/1', { meta: { subject: 'Please sign' } });
    await documenso.get('e/1?x=../..');
    await expect(async () => documenso.get('..')).rejects.toThrow(TypeError);
    expect(calls.map(({ path }) => path)).toEqual([
      '/api/v2/envelope/distribute',
      '/api/v2/envelope/e%2F1%3Fx%3D..%2F..',
    ]);
  });

  it('lists page after page, asking for one when the loop comes to it, and none twice', async () => {
    const pages = [[envelope('1'), envelope('2')], [envelope('2'), envelope('3')], [envelope('4')]];
    const { documenso, calls } = await startDocumenso(({ query }) => ({
      json: { data: pages[Number(query.get('page')) - 1], totalPages: 3 },
    }));
    const ids: string[] = [];
    for await (const { id } of documenso.list({ status: 'COMPLETED', perPage: 2 })) {
      ids.push(id);
      if (id === '1') expect(calls).toHaveLength(1);
      if (id === '3') break;
    }
    expect(ids).toEqual(['1', '2', '3']);
    expect(calls.map(({ query }) => query.toString())).toEqual([
      'status=COMPLETED&page=1&perPage=2',
      'status=COMPLETED&page=2&perPage=2',
    ]);
  });

  it('finds what was made by its external id, newest first, and no further back than asked', async () => {
    const all = [
      envelope('3', { createdAt: '2026-08-03T00:00:00.000Z', externalId: 'INV-3' }),
      envelope('2', { createdAt: '2026-08-02T00:00:00.000Z', externalId: 'INV-2' }),
      envelope('1', { createdAt: '2026-08-01T00:00:00.000Z', externalId: 'INV-1' }),
    ];
    const { documenso, calls } = await startDocumenso(({ query }) => ({
      json: { data: [all[Number(query.get('page')) - 1]], totalPages: all.length },
    }));
    expect((await documenso.findByExternalId('INV-2'))?.id).toBe('2');
    expect(Object.fromEntries(calls[0]!.query)).toMatchObject({ orderByColumn: 'createdAt', orderByDirection: 'desc' });
    expect(calls).toHaveLength(2);
    expect(await documenso.findByExternalId('INV-4')).toBeNull();
    expect(calls).toHaveLength(5);
    expect(await documenso.findByExternalId('INV-1', { createdAfter: new Date('2026-08-02') })).toBeNull();
  });

  it('cancels, and knows what was cancelled before from what cannot be', async () => {
    let status = 'PENDING';
    const { documenso } = await startDocumenso(({ path }) => {
      if (!path.endsWith('/cancel')) return { json: envelope('e', { status }) };
      if (status !== 'PENDING') return { status: 400, json: { message: 'no', code: 'INVALID_REQUEST' } };
      status = 'CANCELLED';
      return { json: { success: true } };
    });
    expect(await documenso.cancel('e')).toBe('cancelled');
    expect(await documenso.cancel('e')).toBe('was_cancelled');
    status = 'COMPLETED';
    await expect(documenso.cancel('e')).rejects.toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });

  it('downloads what is signed only when it is, for Documenso gives the bytes of now otherwise', async () => {
    let status = 'PENDING';
    const { documenso, calls } = await startDocumenso(({ path }) =>
      path.endsWith('/download')
        ? { headers: { 'content-type': 'application/pdf' }, body: '%PDF' }
        : { json: envelope('e', { status }) },
    );
    const refused = documenso.download('e');
    await expect(refused).rejects.toThrow(NotCompletedError);
    await expect(refused).rejects.toMatchObject({ documentId: 'e', documentStatus: 'PENDING' });
    status = 'COMPLETED';
    const response = await documenso.download('e');
    expect(await response.text()).toBe('%PDF');
    const last = calls.at(-1)!;
    expect([last.path, last.query.get('version'), last.headers.accept]).toEqual([
      '/api/v2/envelope/item/item_e/download',
      'signed',
      'application/pdf',
    ]);
    for (const each of [documenso.certificate('e'), documenso.auditLog('e')]) await (await each).text();
    const paths = calls.slice(-2).map(({ path }) => path);
    expect(paths.sort()).toEqual(['/api/v2/envelope/e/audit-log/download', '/api/v2/envelope/e/certificate/download']);
  });

  it('asks which document of several is meant', async () => {
    const envelopeItems = [
      { id: 'item_1', title: 'a', order: 1 },
      { id: 'item_2', title: 'b', order: 2 },
    ];
    const { documenso, calls } = await startDocumenso(({ path }) =>
      path.endsWith('/download') ? { body: '%PDF' } : { json: envelope('e', { status: 'COMPLETED', envelopeItems }) },
    );
    await expect(documenso.download('e')).rejects.toThrow(/item_1, item_2/);
    await (await documenso.download('e', { itemId: 'item_2' })).text();
    expect(calls.at(-1)?.path).toBe('/api/v2/envelope/item/item_2/download');
  });
});

describe('errors of Documenso', () => {
  const wait = { 'retry-after': '3' };
  it.each([
    ['v1', 404, { message: 'x' }, {}, { code: null, retryable: false, permanent: true }],
    [
      'v2',
      400,
      { message: 'x', code: 'BAD_REQUEST', data: { code: 'BAD_REQUEST', appError: { code: 'INVALID_BODY' } } },
      {},
      { code: 'INVALID_BODY', permanent: true },
    ],
    ['downloads', 404, { error: 'x', code: 'NOT_FOUND' }, {}, { code: 'NOT_FOUND', permanent: true }],
    ['the limit per address', 429, { error: 'x' }, wait, { retryable: true, permanent: false, retryAfterMs: 3000 }],
    ['a monthly quota', 429, { error: 'x' }, {}, { retryable: false, permanent: true, retryAfterMs: null }],
    ['a failure', 500, { message: 'x' }, {}, { retryable: true, permanent: false }],
    [
      'a page of HTML',
      503,
      '<h1>Maintenance</h1>',
      {},
      { code: null, retryable: true, body: '"<h1>Maintenance</h1>"' },
    ],
  ])('are read: %s', async (_, status, json, headers, verdict) => {
    const { documenso } = await startDocumenso(() => ({ status, json, headers }));
    const error: unknown = await documenso.get('e').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    const expected = { status, operation: 'documenso.get', callId: 'call_1', mayRepeat: true, ...verdict };
    const { body, ...rest } = expected as typeof expected & { body?: string };
    expect(error).toMatchObject(rest);
    expect((error as ProviderError).body).toEqual(body === undefined ? json : JSON.parse(body));
  });

  it("hold people's data in `body` alone, which is not printed", async () => {
    const json = { message: 'ada@example.com has signed already', code: 'ALREADY' };
    const { documenso } = await startDocumenso(() => ({ status: 409, json }));
    const error = (await documenso.get('e').catch((thrown: unknown) => thrown)) as ProviderError;
    expect(error.message).toBe('documenso.get: documenso answered 409 (ALREADY, call_1).');
    expect(error.body).toEqual(json);
    for (const printed of [inspect(error, { depth: 9 }), JSON.stringify(error), String(error)]) {
      expect(printed).not.toContain('ada@example.com');
    }
  });

  it('tell which calls may be repeated: making a document after a failure may make a second', async () => {
    const { documenso } = await startDocumenso(({ path }) =>
      path.endsWith('/create') ? { status: 500, json: {} } : { status: 429, json: {}, headers: wait },
    );
    const create = documenso.create({ title: 'x', files: [] });
    await expect(create).rejects.toMatchObject({ retryable: true, mayRepeat: false });
    const use = documenso.createFromTemplate({ templateId: 'x' });
    await expect(use).rejects.toMatchObject({ retryable: true, mayRepeat: true });
  });

  it('are kept to 64 KiB, however long an answer is', async () => {
    const { documenso } = await startDocumenso(({ outgoing }) => {
      outgoing.writeHead(500);
      const more = (): void => {
        while (outgoing.write(Buffer.alloc(16_384, 'x')));
      };
      outgoing.on('drain', more);
      more();
      return null;
    });
    const error = (await documenso.get('e').catch((thrown: unknown) => thrown)) as ProviderError;
    expect(error.body).toBe('x'.repeat(65_536));
  });

  it('are told for a 200 that is not what Documenso documents', async () => {
    const answers = ['<html>', '[]', '{"id":"e"}'];
    const { documenso } = await startDocumenso(() => ({ body: answers.shift() ?? '' }));
    await expect(documenso.get('e')).rejects.toMatchObject({ code: 'not_json', status: 200, permanent: true });
    await expect(documenso.get('e')).rejects.toMatchObject({ code: 'unknown_shape' });
    await expect(documenso.get('e')).rejects.toMatchObject({ code: 'unknown_shape' });
  });

  it('are PosthornErrors where Posthorn ended the call, or the answer broke off', async () => {
    const { documenso, calls } = await startDocumenso(({ outgoing }) => {
      if (calls.length === 1) return { problem: 'provider_unavailable', status: 503, retryAfterSeconds: 9 };
      outgoing.writeHead(200, { 'content-length': '100' });
      outgoing.write('{"id":', () => outgoing.destroy());
      return null;
    });
    await expect(documenso.get('e')).rejects.toMatchObject({ code: 'provider_unavailable', retryAfterMs: 9000 });
    const broken = documenso.get('e');
    await expect(broken).rejects.toThrow(PosthornError);
    await expect(broken).rejects.toMatchObject({ code: 'unreachable', status: 200, callId: 'call_2', mayRepeat: true });
  });

  it('end with what the signal was aborted with, before and in the middle of an answer', async () => {
    const abort = new AbortController();
    const { documenso } = await startDocumenso(({ outgoing }) => {
      outgoing.writeHead(200, { 'content-length': '100' });
      outgoing.write('{"id":', () => abort.abort(new Error('enough')));
      return null;
    });
    await expect(documenso.get('e', { signal: abort.signal })).rejects.toThrow('enough');
    await expect(documenso.get('e', { signal: abort.signal })).rejects.toThrow('enough');
  });
});
