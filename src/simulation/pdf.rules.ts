const pageText = 'BT /F1 18 Tf 72 720 Td (Simulated by Posthorn: nobody has signed this.) Tj ET';

/** A PDF of one page that any reader opens, exactly `sizeBytes` long, at least 700. */
export function makePdf(sizeBytes: number): Buffer {
  const bare = assemble(0).length;
  const roomy = Math.max(0, sizeBytes - bare);
  // The padding's length and the table's place are written into the file too, so that their digits count.
  const excess = roomy === 0 ? 0 : assemble(roomy).length - sizeBytes;
  const made = assemble(Math.max(0, roomy - excess));
  return Buffer.concat([made, Buffer.alloc(Math.max(0, sizeBytes - made.length), '\n')]);
}

/** ISO 32000-1, section 7.5: header, objects, cross-reference table, trailer. */
function assemble(paddingBytes: number): Buffer {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${pageText.length} >>\nstream\n${pageText}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    `<< /Length ${paddingBytes} >>\nstream\n${' '.repeat(paddingBytes)}\nendstream`,
  ];
  let file = '%PDF-1.4\n';
  const offsets: number[] = [];
  for (const [index, content] of objects.entries()) {
    offsets.push(file.length);
    file += `${index + 1} 0 obj\n${content}\nendobj\n`;
  }
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}`;
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(file + table + trailer, 'latin1');
}
