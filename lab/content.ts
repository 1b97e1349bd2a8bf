import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync, gzipSync } from 'node:zlib';

const PARAGRAPH =
  'A weir lets water pass while it measures and controls it. This page exists so that a browser has something to fetch. ';

/** Writes what the servers serve: a web site, a download area, an FTP area, a mail. */
export function writeContent(folder: string): void {
  const write = (name: string, content: string | Uint8Array): void => {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
  };
  write('www/index.html', page('Example', PARAGRAPH.repeat(80)));
  write('www/about.html', page('About', PARAGRAPH.repeat(20)));
  write(
    'www/news.html',
    page('News', '<a href="http://files.updates-cdn.test/player-update.exe">update</a>'),
  );
  write('www/style.css', 'body { font-family: sans-serif; margin: 2em; color: #223 }\n'.repeat(40));
  write('www/app.js', "export const greet = (name) => 'Hello, ' + name;\n".repeat(60));
  write(
    'www/data.json',
    JSON.stringify(Array.from({ length: 120 }, (_, id) => ({ id, level: (id * 37) % 101 }))),
  );
  write('www/logo.png', png(96, 64));
  write('www/report.pdf', pdf('Quarterly report'));
  write('www/dataset.bin', noise(300_000));
  write('files/player-update.exe', harmlessExecutable());
  write('ftp/firmware-1.2.tar.gz', gzipSync(noise(24_000)));
  write('ftp/README', 'Firmware images. Nothing here runs anywhere.\n');
  write(
    'upload.csv',
    'hour,litres\n'.concat(...Array.from({ length: 300 }, (_, i) => `${i},${(i * 7919) % 997}\n`)),
  );
  write('mail.eml', mail());
}

function page(title: string, body: string): string {
  return `<!doctype html>\n<html><head><title>${title}</title><link rel="stylesheet" href="/style.css"></head>\n<body><h1>${title}</h1><p>${body}</p></body></html>\n`;
}

/**
 * Looks like a Windows program to what looks at the first bytes (MZ and PE headers, no section, no code) and says
 * what it is. It is no test virus either: scanners have no reason to delete it.
 */
function harmlessExecutable(): Uint8Array {
  const bytes = Buffer.alloc(9216);
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt32LE(0x80, 0x3c);
  bytes.write('This file belongs to a demonstration. It is harmless: it contains no code.', 0x40, 'latin1');
  bytes.write('PE\0\0', 0xc0 - 0x40, 'latin1');
  bytes.writeUInt16LE(0x8664, 0x84);
  bytes.write('HARMLESS DEMONSTRATION FILE, NO CODE INSIDE. '.repeat(180), 0x200, 'latin1');
  return bytes;
}

/** An image of colour bands. */
function png(width: number, height: number): Uint8Array {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (1 + width * 3) + 1 + x * 3;
      rows[at] = (x * y) & 255;
      rows[at + 1] = (x * 5) & 255;
      rows[at + 2] = (y * 7 + x * x) & 255;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const result = Buffer.alloc(body.length + 8);
  result.writeUInt32BE(data.length, 0);
  body.copy(result, 4);
  result.writeUInt32BE(crc32(body), body.length + 4);
  return result;
}

function pdf(title: string): string {
  const text = `BT /F1 18 Tf 72 720 Td (${title}) Tj ET`;
  return `%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>endobj\n4 0 obj<</Length ${text.length}>>stream\n${text}\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n`;
}

/** Bytes that do not compress, the same at every run (xorshift32). */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 0x9e3779b9;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state & 255;
  }
  return bytes;
}

/** The mail that the story begins with: a link, and an attachment. */
function mail(): string {
  const attachment = Buffer.from(pdf('Invoice 4711')).toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  return [
    'From: "Accounting" <accounting@invoices.test>',
    'To: bob@example.com',
    'Subject: Your player is out of date',
    'Message-ID: <4711@invoices.test>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="part"',
    '',
    '--part',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Dear Bob, please install http://files.updates-cdn.test/player-update.exe to read the invoice.',
    '',
    '--part',
    'Content-Type: application/pdf; name="invoice-4711.pdf"',
    'Content-Disposition: attachment; filename="invoice-4711.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    attachment,
    '--part--',
    '',
  ].join('\r\n');
}
