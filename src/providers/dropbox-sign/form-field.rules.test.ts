import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundaryOf, readFormField } from './form-field.rules.ts';

const boundary = 'AaB03x';
const field = 'Content-Disposition: form-data; name="json"';

function part(head: string, content: string): string {
  return `--${boundary}\r\n${head}\r\n\r\n${content}\r\n`;
}

function read(body: string): ReturnType<typeof readFormField> {
  return readFormField(Buffer.from(body), boundary, 'json');
}

const end = `--${boundary}--\r\n`;

describe('the boundary', () => {
  test.each([
    ['multipart/form-data; boundary=AaB03x', 'AaB03x'],
    ['Multipart/Form-Data;charset=utf-8;BOUNDARY="a b:c"', 'a b:c'],
    ['multipart/form-data; boundary="=_Part_1"', '=_Part_1'],
    ['multipart/form-data', null],
    ['multipart/form-data; boundary=', null],
    ['multipart/form-data; boundary=""', null],
    ['multipart/form-data; boundary="ends with a space "', null],
    ['multipart/form-data; boundary=a; boundary=b', null],
    ['multipart/form-data; boundary=ä', null],
    [`multipart/form-data; boundary=${'a'.repeat(71)}`, null],
    [`multipart/form-data; boundary=a; x=${'y'.repeat(600)}`, null],
    ['multipart/mixed; boundary=a', null],
    ['application/json; boundary=a', null],
  ])('of %s is %s', (contentType, expected) => {
    expect(boundaryOf(contentType)).toBe(expected);
  });
});

describe('the field', () => {
  test('is found among others, byte for byte', () => {
    const form = part('content-disposition: form-data; name=other', '1') + part(field, '{"a":"\r\n-- é"}') + end;
    expect(read(form)).toEqual({ found: true, value: Buffer.from('{"a":"\r\n-- é"}') });
  });

  test('may be empty, and the form may end without a line break', () => {
    expect(read(part(field, '') + end.trimEnd())).toEqual({ found: true, value: Buffer.alloc(0) });
  });

  test('may name its type, and an encoding that changes nothing', () => {
    const head = `${field}; charset=utf-8\r\nContent-Type: application/json\r\nContent-Transfer-Encoding: 8bit`;
    expect(read(part(head, 'x') + end)).toMatchObject({ found: true });
  });

  test.each([
    ['missing', part('Content-Disposition: form-data; name="json2"', '1') + end, 'missing'],
    ['there twice', part(field, '1') + part(field, '1') + end, 'repeated'],
    ['a file', part(`${field}; filename="a.json"`, '1') + end, 'unreadable'],
    ['encoded', part(`${field}\r\nContent-Transfer-Encoding: base64`, 'MQ==') + end, 'unreadable'],
    ['named twice', part(`${field}; name="other"`, '1') + end, 'unreadable'],
    ['named in two ways', part(`${field}; name*=utf-8''other`, '1') + end, 'unreadable'],
    ['under a folded header', part('Content-Disposition: form-data;\r\n name="json"', '1') + end, 'unreadable'],
    ['under a repeated header', part(`${field}\r\n${field}`, '1') + end, 'unreadable'],
    ['under no header', part('', '1') + end, 'unreadable'],
    ['under an endless header', part(`${field}\r\nX: ${'x'.repeat(5_000)}`, '1') + end, 'unreadable'],
    ['in a form with a preamble', `hello\r\n${part(field, '1')}${end}`, 'unreadable'],
    ['in a form with an epilogue', `${part(field, '1')}${end}more`, 'unreadable'],
    ['in a form that does not end', part(field, '1'), 'unreadable'],
    ['in a form of another boundary', part(field, '1').replaceAll(boundary, 'other'), 'unreadable'],
    ['in a form whose boundary goes on', part(field, '1') + `--${boundary}x\r\n`, 'unreadable'],
    ['among too many parts', part('Content-Disposition: form-data; name=a', '1').repeat(40) + end, 'unreadable'],
    ['in an empty body', '', 'unreadable'],
  ])('is not taken when it is %s', (_how, form, why) => {
    expect(read(form)).toMatchObject({ found: false, why });
  });

  test('is read back from whatever FormData writes', async () => {
    const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll(/\r\n|\r|\n/g, '\r\n'));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.tuple(fc.string(), text), { maxLength: 3 }), async (value, others) => {
        const form = new FormData();
        for (const [name, other] of others) form.append(`other ${name.replaceAll('\\', '')}`, other);
        form.append('json', value);
        const written = new Response(form);
        const given = boundaryOf(written.headers.get('content-type') ?? '');
        const body = Buffer.from(await written.arrayBuffer());
        expect(readFormField(body, given ?? '', 'json')).toEqual({ found: true, value: Buffer.from(value) });
      }),
      { numRuns: 25 },
    );
  });

  test('is never found, and nothing is thrown, in bytes that hold no form', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(readFormField(Buffer.from(bytes), boundary, 'json').found).toBe(false);
      }),
    );
  });
});
