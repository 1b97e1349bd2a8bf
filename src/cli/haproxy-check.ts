import { checkHaproxy, type HaproxyFinding } from '../mitm/haproxy/index.ts';
import { parseCount, parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir haproxy check FILE [--body BYTES] [--json]

Looks for what a haproxy.cfg lacks to have its requests inspected, and says what to add and where. Asks 'haproxy -c' too.

  --body BYTES   of a body that are to be inspected (48ki)
  --json         one record per finding

Exit code 1 where requests would not be inspected, or HAProxy would not start.
`;

/** `weir haproxy check FILE`. */
export async function haproxyCheck(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    body: { type: 'string' },
    json: { type: 'boolean' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('check takes one haproxy.cfg');
  const { findings, version } = checkHaproxy(file, parseCount('--body', values.body ?? '48ki', 0, 1 << 30));
  for (const each of findings) {
    process.stdout.write(values.json ? `${JSON.stringify(each)}\n` : text(each));
  }
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (!values.json) {
    const by = version === undefined ? '' : ` (HAProxy ${version.major}.${version.minor})`;
    const result = errors === 0 ? 'requests are inspected' : errors === 1 ? '1 error' : `${errors} errors`;
    process.stderr.write(`${file}: ${result}${by}\n`);
  }
  return errors === 0 ? 0 : 1;
}

function text({ severity, file, line, what, add }: HaproxyFinding): string {
  const place = line === 0 ? file : `${file}:${line}`;
  return `${place}: ${severity}: ${what}\n${add === '' ? '' : `    ${add}\n`}`;
}
