import { GATEWAY_HELP, GATEWAY_OPTIONS, gatewayOptions } from './gateway-options.ts';
import { parseChoice, parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir proxy reverse --to ORIGIN [options]

Stands in front of a web application: requests go on to it when the rules let them, and get a page with a reference
when they do not. A line for each of those on standard output. Ctrl-C answers what is under way, and ends.

Ways:
  --to ORIGIN          where requests go: http://127.0.0.1:3000, https://app.internal
  --listen ADDRESS     where clients come (default 127.0.0.1:8080; :8080 is all addresses)
  --route HOST/PATH=ORIGIN  other origins by host and path; may be given several times
  --balancer NETWORK   connections from there begin with a header of the PROXY protocol; may be given several times
  --cert FILE          PEM with certificate chain and key: clients come by HTTPS and HTTP/2; may be given several times
  --plain ADDRESS      with --cert: plain HTTP on a second address, such as :80; it leads to HTTPS
  --plain-mode MODE    redirect (308, the default), or serve: plain HTTP is served as well
${GATEWAY_HELP}

Try: weir proxy reverse --to http://127.0.0.1:3000
     curl 'http://127.0.0.1:8080/?id=1%27%20OR%20%271%27=%271'
`;

const DEFAULT_LISTEN = '127.0.0.1:8080';

/** `weir proxy reverse`: in front of a web application. */
export async function proxyReverse(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    to: { type: 'string' },
    listen: { type: 'string' },
    route: { type: 'string', multiple: true },
    balancer: { type: 'string', multiple: true },
    cert: { type: 'string', multiple: true },
    plain: { type: 'string' },
    'plain-mode': { type: 'string' },
    ...GATEWAY_OPTIONS,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0)
    throw new UsageError('proxy reverse takes no operands', "Try 'weir proxy reverse --help'");
  if (values.to === undefined && (values.route ?? []).length === 0) {
    throw new UsageError(
      'where do requests go? --to http://127.0.0.1:3000',
      "Try 'weir proxy reverse --help'",
    );
  }
  if (values.plain !== undefined && (values.cert ?? []).length === 0) {
    throw new UsageError(
      '--plain is a second address beside HTTPS: name a certificate (--cert FILE); without one --listen is plain HTTP',
      "Try 'weir proxy reverse --help'",
    );
  }
  const plainMode = parseChoice('--plain-mode', values['plain-mode'] ?? 'redirect', ['redirect', 'serve']);
  const options = gatewayOptions(values);
  const { runGateway } = await import('./run-gateway.ts');
  return runGateway(
    {
      ...options,
      reverse: {
        listen: values.listen ?? DEFAULT_LISTEN,
        to: values.to ?? '',
        routes: values.route ?? [],
        certificates: values.cert ?? [],
        balancers: values.balancer ?? [],
        plain: values.plain ?? '',
        plainMode,
      },
    },
    {
      hints: () => [
        `requests go to ${[values.to, ...(values.route ?? [])].filter((one) => one !== undefined).join(', ')}`,
        "'weir requests' shows the last ones; Ctrl-C ends",
      ],
      eve: values.eve,
      control: values.control,
      quiet: values.quiet === true,
    },
  );
}
