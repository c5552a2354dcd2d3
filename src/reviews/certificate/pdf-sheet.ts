import { fileURLToPath } from 'node:url';

/** A piece of text in a paragraph. */
type Style = { size?: number; colour?: string; font?: FontName };
type FontName = 'text' | 'bold' | 'code';

/** A4 pages that are filled from above. Lengths in points. */
export type PdfSheet = {
  /** A heading stays with what follows it. */
  heading(text: string, level: 1 | 2 | 3): void;
  paragraph(text: string, style?: Style & { indent?: number }): void;
  /** A label, and beside it what it says. */
  field(label: string, value: string, style?: Style): void;
  /** A row of a plot: a name, parts of a whole in their colours, and what they sum up to. */
  bar(name: string, parts: readonly { share: number; colour: string }[], sum: string): void;
  /** What the colours of a plot mean. */
  legend(items: readonly { text: string; colour: string }[]): void;
  /** A label on its colour, and what `beside` writes to the right of it. */
  labelled(label: { text: string; colour: string; dark: boolean }, beside: () => void): void;
  gap(height: number): void;
  /** The whole document; `footer` is at the bottom of each page, before its number. */
  end(footer: string): Promise<Buffer>;
};

const margin = { top: 52, bottom: 58, left: 48, right: 48 };
const ink = '#17202b';
export const softInk = '#55606d';
const labelWidth = 96;
const fonts = {
  text: import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  bold: import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
  code: import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf'),
} as const;

/** Begins a document. The library and its fonts are loaded now: few processes ever draw one. */
export async function openSheet(info: { title: string; at: string }): Promise<PdfSheet> {
  const { default: PdfDocument } = await import('pdfkit');
  const document = new PdfDocument({
    size: 'A4',
    margins: margin,
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    info: { Title: printable(info.title), Creator: 'Posthorn', CreationDate: new Date(info.at) },
  });
  for (const [name, url] of Object.entries(fonts)) document.registerFont(name, fileURLToPath(url));
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => {
    document.on('end', resolve);
    document.on('error', reject);
  });
  let left = margin.left;
  const right = (): number => document.page.width - margin.right;
  const room = (height: number): void => {
    if (document.y + height > document.page.height - margin.bottom) document.addPage();
  };
  const use = ({ size = 9, colour = ink, font = 'text' }: Style): void => {
    document.font(font).fontSize(size).fillColor(colour);
  };
  const write = (text: string, at: number, width: number): void => {
    document.text(printable(text), at, document.y, { width, lineGap: 1.5 });
  };

  return {
    heading(text, level) {
      const size = [20, 13, 10][level - 1] ?? 10;
      if (level > 1) document.y += level === 2 ? 18 : 9;
      room(size + 46);
      use({ size, font: 'bold' });
      write(text, left, right() - left);
      document.y += level === 3 ? 2 : 6;
    },
    paragraph(text, { indent = 0, ...style } = {}) {
      room((style.size ?? 9) * 1.5);
      use(style);
      write(text, left + indent, right() - left - indent);
      document.y += 2;
    },
    field(label, value, style = {}) {
      room(14);
      const top = document.y;
      use({ colour: softInk });
      document.text(label, left, top, { width: labelWidth });
      const below = document.y;
      document.y = top;
      use(style);
      write(value, left + labelWidth, right() - left - labelWidth);
      document.y = Math.max(document.y, below) + 2;
    },
    bar(name, parts, sum) {
      room(18);
      const top = document.y;
      const [from, until] = [left + labelWidth, right() - 80];
      use({ size: 8.5 });
      document.text(name, left, top, { width: labelWidth, lineBreak: false });
      use({ size: 8.5, colour: softInk });
      document.text(sum, until + 4, top, { width: 76, align: 'right', lineBreak: false });
      let x = from;
      for (const { share, colour } of parts) {
        // A rectangle of no width is still drawn as a hairline.
        if (share === 0) continue;
        const width = share * (until - from);
        document.rect(x, top + 1, width, 9).fill(colour);
        x += width;
      }
      document.y = top + 16;
    },
    legend(items) {
      room(14);
      use({ size: 8 });
      let x = left;
      for (const { text, colour } of items) {
        const width = document.widthOfString(text) + 26;
        if (x + width > right()) {
          x = left;
          document.y += 13;
        }
        const top = document.y;
        document.rect(x, top + 1, 8, 8).fill(colour);
        document.fillColor(ink).text(text, x + 12, top, { lineBreak: false });
        document.y = top;
        x += width;
      }
      document.y += 15;
    },
    labelled({ text, colour, dark }, beside) {
      room(44);
      const [top, page] = [document.y, document.bufferedPageRange().count];
      document.roundedRect(left, top, 78, 13, 2).fill(colour);
      use({ size: 7.5, font: 'bold', colour: dark ? ink : '#ffffff' });
      document.text(text, left, top + 2, { width: 78, align: 'center', lineBreak: false });
      document.y = top;
      left += labelWidth;
      beside();
      left -= labelWidth;
      const isSamePage = page === document.bufferedPageRange().count;
      document.y = Math.max(document.y, isSamePage ? top + 14 : 0) + 5;
      document.moveTo(left, document.y).lineTo(right(), document.y).lineWidth(0.5).stroke('#d9dfe6');
      document.y += 6;
    },
    gap(height) {
      document.y += height;
    },
    async end(footer) {
      const { start, count } = document.bufferedPageRange();
      for (let index = start; index < start + count; index += 1) {
        document.switchToPage(index);
        // Below the margin, where text would begin another page.
        document.page.margins.bottom = 0;
        use({ size: 7, colour: softInk });
        const line = `${printable(footer)}   ${index - start + 1} of ${count}`;
        document.text(line, left, document.page.height - 34, { width: right() - left, lineBreak: false });
      }
      document.end();
      await ended;
      return Buffer.concat(chunks);
    },
  };
}

/** Control characters have no shape; ends of lines stay. */
function printable(text: string): string {
  return text.toWellFormed().replaceAll(/[^\P{C}\n]/gu, ' ');
}
