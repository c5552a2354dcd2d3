import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMultipart } from './multipart.rules.ts';

test('what the platform writes as a form is read as it was meant', async () => {
  const content = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(content, async (files) => {
      const form = new FormData();
      form.set('payload', '{"a":1}');
      for (const [index, bytes] of files.entries()) form.append('files', new File([bytes], `f${index}.pdf`));
      const written = new Response(form);
      const contentType = written.headers.get('content-type') ?? '';
      const parts = readMultipart(Buffer.from(await written.arrayBuffer()), contentType) ?? [];
      expect(parts.map(({ disposition }) => disposition.get('filename'))).toEqual([
        undefined,
        ...files.map((_, index) => `f${index}.pdf`),
      ]);
      expect(parts.slice(1).map(({ body }) => [...body])).toEqual(files.map((bytes) => [...bytes]));
    }),
    { numRuns: 50 },
  );
});

test('a part may have no headers, and parameters no quotes', () => {
  const body = '--B\r\n\r\n{}\r\n--B\r\nContent-Disposition: file; documentid=2\r\n\r\nx\r\n--B--';
  const parts = readMultipart(Buffer.from(body), 'multipart/form-data; boundary="B"') ?? [];
  expect(parts.map((part) => [part.body.toString(), part.disposition.get('documentid')])).toEqual([
    ['{}', undefined],
    ['x', '2'],
  ]);
});

test.each([
  ['--B\r\n\r\nx', 'multipart/form-data; boundary=B'],
  ['--B\r\n\r\nx\r\n--B--', 'application/json'],
  ['', 'multipart/form-data; boundary=B'],
])('what is not whole is none: %j as %s', (body, contentType) => {
  expect(readMultipart(Buffer.from(body), contentType)).toBeNull();
});

test('nothing that comes is thrown at', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parts = readMultipart(Buffer.from(text.replaceAll('B', '\r\n--B')), 'multipart/mixed; boundary=B');
      expect(parts === null || Array.isArray(parts)).toBe(true);
    }),
  );
});
