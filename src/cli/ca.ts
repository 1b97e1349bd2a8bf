import { join } from 'node:path';
import { type CaDescription, CaError, createCa, showCa } from '../mitm/proxy/tls/index.ts';
import { terminalText } from '../mitm/waf/terminal-text.ts';
import { installText } from './ca-install.ts';
import { stateFolder } from './gateway-options.ts';
import { parseChoice, parseCount, parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir ca OPERATION [--folder DIR]

The authority whose certificates the proxy shows to clients when it looks into TLS.

  create    make it: a key that only its owner can read, and a certificate
            --name TEXT   what people see in their lists of authorities (default: weir CA)
            --days N      how long it holds (default: 3650)
  show      subject, fingerprint, expiry, file; --json
  export    the certificate to standard output; --format pem or der (default: pem)
  install   how to make clients trust it; nothing is changed

  --folder DIR   where it lies (default: /var/lib/weir/ca as root, else ~/.local/state/weir/ca)

Exit code 0: done, 1: there is no CA, there is one already, or it cannot be used.
`;

const OPERATIONS = ['create', 'show', 'export', 'install'] as const;
const DAYS_MOST = 36_500;

/** `weir ca OPERATION`: makes and shows the proxy's CA. */
export async function ca(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    folder: { type: 'string' },
    name: { type: 'string' },
    days: { type: 'string' },
    format: { type: 'string' },
    json: { type: 'boolean' },
  });
  if (values.help || positionals[0] === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const [word, ...more] = positionals;
  if (word === undefined) throw new UsageError('ca takes what to do', HELP.trimEnd());
  const operation = parseChoice('ca', word, OPERATIONS);
  if (more.length > 0) throw new UsageError(`ca ${operation} takes no '${more[0]}'`, "Try 'weir ca --help'");
  const folder = values.folder ?? join(stateFolder(), 'ca');
  try {
    switch (operation) {
      case 'create':
        create(folder, values.name, values.days);
        return 0;
      case 'show':
        process.stdout.write(values.json ? json(showCa(folder)) : description(showCa(folder)));
        return 0;
      case 'export': {
        const { pem, der } = showCa(folder);
        const format = parseChoice('--format', values.format ?? 'pem', ['pem', 'der']);
        process.stdout.write(format === 'der' ? der : pem);
        return 0;
      }
      case 'install':
        process.stdout.write(installText(showCa(folder)));
        return 0;
      default:
        return operation satisfies never;
    }
  } catch (error) {
    if (!(error instanceof CaError)) throw error;
    process.stderr.write(`weir: ${terminalText(error.message)}\n`);
    return 1;
  }
}

function create(folder: string, name: string | undefined, daysText: string | undefined): void {
  const days = daysText === undefined ? undefined : parseCount('--days', daysText, 1, DAYS_MOST);
  let made: CaDescription;
  try {
    made = createCa(folder, { name, days });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
  process.stdout.write(description(made));
  process.stderr.write("weir: 'weir ca install' tells how clients come to trust it\n");
}

function description({ subject, fingerprint, notAfter, file }: CaDescription): string {
  const rows = [
    ['subject', text(subject)],
    ['SHA-256', fingerprint],
    ['expires', notAfter.toISOString()],
    ['file', text(file)],
  ];
  return rows.map(([label = '', value]) => `${label.padEnd(10)}${value}\n`).join('');
}

function json({ subject, fingerprint, notBefore, notAfter, file }: CaDescription): string {
  return `${JSON.stringify({ subject, fingerprint, notBefore, notAfter, file }, null, 2)}\n`;
}

/** As a terminal may show it. */
function text(value: string): string {
  return terminalText(Buffer.from(value, 'utf8').toString('latin1'));
}
