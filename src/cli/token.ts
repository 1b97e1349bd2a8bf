import { type ApiRequest, ControlError } from '../control/index.ts';
import { chooseConfiguration } from '../supervisor/index.ts';
import { askApi } from './api-client.ts';
import { askRunning } from './running.ts';
import { renderTable, terminalPaint } from './table.ts';
import { parseChoice, parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir token create NAME --role ROLE [--expires TIME]
       weir token list | revoke NAME
       weir token login [--role ROLE]

Tokens let programs use the API of the running weir, and people log into the console.

  create NAME          makes a token and prints it: it is shown this once
  list                 all tokens, without what they are
  revoke NAME          ends a token, and the logins that were made with it
  login                prints a link that logs a browser in, once, within 10 minutes

  --role ROLE          viewer: reads; operator: decides about addresses too; admin: changes weir too
                       (login: admin where it is not said)
  --expires TIME       how long it counts: 12h, 90d; without it until it is revoked
  --json               as JSON
  -c, --config FILE    the configuration of the weir that is asked
`;

const ROLES = ['viewer', 'operator', 'admin'] as const;
const TRY = "Try 'weir token --help'";

interface Values {
  readonly role?: string | undefined;
  readonly expires?: string | undefined;
  readonly json?: boolean | undefined;
}

type Put = (request: ApiRequest) => Promise<unknown>;

/** `weir token`: tokens for the API, and links that log into the console. */
export async function token(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    role: { type: 'string' },
    expires: { type: 'string' },
    json: { type: 'boolean' },
    config: { type: 'string', short: 'c' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const act = actionOf(positionals, values);
  return askRunning(values.config, '', async () => {
    const { folder } = chooseConfiguration(values.config).configuration.control;
    process.stdout.write(await act((request) => askApi(folder, request)));
    return 0;
  });
}

/** What is wanted: what asks, and gives the text for standard output. */
function actionOf(positionals: readonly string[], values: Values): (put: Put) => Promise<string> {
  const [action, name, ...more] = positionals;
  const named = action === 'create' || action === 'revoke';
  if (more.length > 0 || (name !== undefined) !== named) {
    throw new UsageError(
      named ? `token ${action} takes one name` : 'token takes create, list, revoke or login',
      TRY,
    );
  }
  const role = values.role === undefined ? undefined : parseChoice('--role', values.role, ROLES);
  switch (action) {
    case 'create':
      if (role === undefined)
        throw new UsageError('token create needs --role viewer, operator or admin', TRY);
      return (put) => create(put, { name, role, expires: values.expires }, values);
    case 'list':
      return (put) => list(put, values);
    case 'revoke':
      return async (put) => {
        await put({ method: 'DELETE', path: `/api/v1/tokens/${encodeURIComponent(name ?? '')}` });
        return values.json ? '' : `revoked: ${name}\n`;
      };
    case 'login':
      return async (put) => {
        const made = await put({
          method: 'POST',
          path: '/api/v1/login-links',
          body: role === undefined ? {} : { role },
        });
        return values.json ? `${JSON.stringify(made)}\n` : `${textOf(made, 'url')}\n`;
      };
    default:
      throw new UsageError('token takes create, list, revoke or login', TRY);
  }
}

async function create(put: Put, body: unknown, { json }: Values): Promise<string> {
  const made = await put({ method: 'POST', path: '/api/v1/tokens', body });
  if (json) return `${JSON.stringify(made)}\n`;
  // Alone on standard output, for TOKEN=$(weir token create ...).
  process.stderr.write('weir: keep it now, it is not shown again:\n');
  return `${textOf(made, 'token')}\n`;
}

async function list(put: Put, { json }: Values): Promise<string> {
  const answer = await put({ method: 'GET', path: '/api/v1/tokens' });
  const items = isObject(answer) && Array.isArray(answer.items) ? answer.items.filter(isObject) : undefined;
  if (items === undefined) throw strange();
  if (json) return items.map((one) => `${JSON.stringify(one)}\n`).join('');
  if (items.length === 0) return "no tokens; 'weir token create NAME --role viewer' makes one\n";
  const columns = [
    { title: 'name' },
    { title: 'role' },
    { title: 'made' },
    { title: 'by' },
    { title: 'expires' },
    { title: 'last used' },
  ];
  const rows = items.map((one) => [
    textOf(one, 'name'),
    textOf(one, 'role'),
    timeOf(one.madeUs),
    textOf(one, 'madeBy'),
    typeof one.expiresUs === 'number' && one.expiresUs < Date.now() * 1000
      ? 'expired'
      : timeOf(one.expiresUs, 'never'),
    timeOf(one.lastUsedUs, 'never'),
  ]);
  return renderTable(columns, rows, terminalPaint());
}

function timeOf(us: unknown, otherwise = ''): string {
  return typeof us === 'number' ? `${new Date(us / 1000).toISOString().slice(0, 16)}Z` : otherwise;
}

function textOf(value: unknown, name: string): string {
  const text = isObject(value) ? value[name] : undefined;
  if (typeof text !== 'string') throw strange();
  return text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function strange(): ControlError {
  return new ControlError('the answer of the running weir has another form than this weir knows');
}
