import { join } from 'node:path';
import { GATEWAY_HELP, GATEWAY_OPTIONS, gatewayOptions, stateFolder } from './gateway-options.ts';
import { parseCount, parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir proxy forward [options]

A proxy that clients are set up for. Plain HTTP is judged; TLS is passed through unread, or with --intercept ended with
certificates of our own CA ('weir ca create' makes it, 'weir ca install' explains how clients trust it). Clients that
refuse them are passed through for an hour, which is told.

Ways:
  --listen ADDRESS     where clients come (default 127.0.0.1:3128)
  --clients NETWORK    whom it serves (default: loopback and private networks); may be given several times
  --connect-port PORT  to which ports it opens tunnels (default 443); may be given several times
  --allow-local NETWORK  this machine and link-local addresses are out of reach, but for these; several times
  --intercept          look into TLS
  --except NAME        never look into TLS with bank.example or *.bank.example; may be given several times
  --ca DIR             folder of the CA (default: that of 'weir ca')
${GATEWAY_HELP}

Try: weir proxy forward
     curl -x http://127.0.0.1:3128 http://example.org/
`;

const DEFAULT_LISTEN = '127.0.0.1:3128';

/** `weir proxy forward`: for the clients of a network. */
export async function proxyForward(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    listen: { type: 'string' },
    clients: { type: 'string', multiple: true },
    'connect-port': { type: 'string', multiple: true },
    'allow-local': { type: 'string', multiple: true },
    intercept: { type: 'boolean' },
    except: { type: 'string', multiple: true },
    ca: { type: 'string' },
    ...GATEWAY_OPTIONS,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0)
    throw new UsageError('proxy forward takes no operands', "Try 'weir proxy forward --help'");
  const options = gatewayOptions(values);
  const ports = values['connect-port']?.map((port) => parseCount('--connect-port', port, 1, 65_535));
  const listen = values.listen ?? DEFAULT_LISTEN;
  const intercept = values.intercept === true;
  const { runGateway } = await import('./run-gateway.ts');
  return runGateway(
    {
      ...options,
      forward: {
        listen,
        clients: values.clients ?? options.forward.clients,
        connectPorts: ports ?? options.forward.connectPorts,
        allow: values['allow-local'] ?? options.forward.allow,
        intercept,
        exceptions: values.except ?? [],
        ca: values.ca ?? join(stateFolder(), 'ca'),
      },
    },
    {
      hints: () => [
        `clients use it as their proxy, such as curl -x http://${listen.startsWith(':') ? `localhost${listen}` : listen} ...`,
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
