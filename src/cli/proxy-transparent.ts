import { join } from 'node:path';
import { transparentText } from '../mitm/proxy/transparent-rules.ts';
import { GATEWAY_HELP, GATEWAY_OPTIONS, gatewayOptions, stateFolder } from './gateway-options.ts';
import { parseChoice, parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir proxy transparent [options]
       weir proxy transparent --rules-only --interface NAME [--mode MODE] [--intercept] [--listen ADDRESS]

For clients that know of no proxy: rules of the kernel (nftables) lead their connections to it, on the machine that
routes them. The second form prints these rules; they are never changed by weir itself. Plain HTTP is judged; TLS is
passed through unread, or with --intercept ended with certificates of our own CA, as 'weir proxy forward' does it.

Ways:
  --listen ADDRESS     where the rules lead them (default :3129)
  --mode MODE          redirect (the default): by address translation; tproxy: as they are, which needs CAP_NET_ADMIN
  --intercept          look into TLS
  --except NAME        never look into TLS with bank.example or *.bank.example; may be given several times
  --ca DIR             folder of the CA (default: that of 'weir ca')
Rules of the kernel:
  --rules-only         print them, and what undoes them, and end: port 80; with --intercept 443 too, and no HTTP/3
  --interface NAME     where the packets of the clients come in: lan0
${GATEWAY_HELP}

Try: weir proxy transparent --rules-only --interface lan0 > rules.sh && sh rules.sh
     weir proxy transparent
`;

const DEFAULT_LISTEN = ':3129';
const HINT = "Try 'weir proxy transparent --help'";

/** `weir proxy transparent`: for the clients of a network that know of no proxy. */
export async function proxyTransparent(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    listen: { type: 'string' },
    mode: { type: 'string' },
    intercept: { type: 'boolean' },
    except: { type: 'string', multiple: true },
    ca: { type: 'string' },
    interface: { type: 'string' },
    'rules-only': { type: 'boolean' },
    ...GATEWAY_OPTIONS,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0) throw new UsageError('proxy transparent takes no operands', HINT);
  const mode = parseChoice('--mode', values.mode ?? 'redirect', ['redirect', 'tproxy']);
  const listen = values.listen ?? DEFAULT_LISTEN;
  const intercept = values.intercept === true;
  if (values['rules-only']) {
    process.stdout.write(rules(values.interface, { mode, intercept, port: portOf(listen) }));
    return 0;
  }
  const options = gatewayOptions(values);
  const { runGateway } = await import('./run-gateway.ts');
  const asked = ['--rules-only', '--interface', values.interface ?? 'lan0'];
  if (mode !== 'redirect') asked.push('--mode', mode);
  if (intercept) asked.push('--intercept');
  if (values.listen !== undefined) asked.push('--listen', listen);
  return runGateway(
    {
      ...options,
      transparent: {
        listen,
        mode,
        intercept,
        exceptions: values.except ?? [],
        ca: values.ca ?? join(stateFolder(), 'ca'),
      },
    },
    {
      hints: () => [
        `the kernel has to lead connections here: 'weir proxy transparent ${asked.join(' ')}' prints the rules`,
        intercept
          ? "TLS is looked into: clients have to trust the CA ('weir ca install')"
          : 'TLS is passed through unread: --intercept looks into it',
        "'weir requests' shows the last requests; Ctrl-C ends",
      ],
      eve: values.eve,
      control: values.control,
      quiet: values.quiet === true,
    },
  );
}

function rules(
  from: string | undefined,
  { mode, intercept, port }: { mode: 'redirect' | 'tproxy'; intercept: boolean; port: number },
): string {
  if (from === undefined)
    throw new UsageError('--rules-only needs the interface of the clients: --interface lan0', HINT);
  try {
    return transparentText({
      mode,
      interface: from,
      port,
      // TLS that nobody looks into does not need the proxy; browsers that could speak HTTP/3 would pass by it.
      ports: intercept ? [80, 443] : [80],
      rejectsQuic: intercept,
    });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, HINT);
    throw error;
  }
}

function portOf(listen: string): number {
  const port = Number(/:(\d{1,5})$/.exec(listen)?.[1]);
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError(`--listen takes an address with a port, such as ${DEFAULT_LISTEN}, not '${listen}'`);
}
