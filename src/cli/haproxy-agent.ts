import { GATEWAY_HELP, GATEWAY_OPTIONS, gatewayOptions } from './gateway-options.ts';
import { parseCount, parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir haproxy agent [options]

Answers the SPOE of a HAProxy: it asks about each request, and does what the answer says. 'weir haproxy config' prints
its side. A line for each request that does not pass on standard output. Ctrl-C answers what is under way, and ends.

Ways:
  --listen ADDRESS     TCP, such as 127.0.0.1:12345 (the default where no socket is named)
  --socket PATH        Unix socket
  --replace            take the socket over from an agent that listens on it: once the rules are loaded HAProxy's new
                       connections come here, and the other can be ended (it needs another --control and
                       --buffer-folder)
  --group NAME         group of the socket (default: haproxy, where there is one)
  --timeout MS         that a judgement may take (default 150): less than that of 'weir haproxy config'
${GATEWAY_HELP}
`;

const DEFAULT_LISTEN = '127.0.0.1:12345';

/** `weir haproxy agent`: the SPOE agent by itself. */
export async function haproxyAgent(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    listen: { type: 'string' },
    socket: { type: 'string' },
    group: { type: 'string' },
    replace: { type: 'boolean' },
    timeout: { type: 'string' },
    ...GATEWAY_OPTIONS,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0)
    throw new UsageError('haproxy agent takes no operands', "Try 'weir haproxy agent --help'");
  const replace = values.replace === true;
  if (replace && (values.socket === undefined || values.listen !== undefined)) {
    throw new UsageError(
      '--replace takes a Unix socket over, and no address of TCP: name it alone, --socket PATH',
      "Try 'weir haproxy agent --help'",
    );
  }
  const options = gatewayOptions(values);
  const { socket = '', listen = socket === '' ? DEFAULT_LISTEN : '' } = values;
  const deadlineMs =
    values.timeout === undefined ? undefined : parseCount('--timeout', values.timeout, 5, 60_000);
  const { runGateway } = await import('./run-gateway.ts');
  return runGateway(
    { ...options, haproxy: { socket, listen, group: values.group ?? 'auto', replace, deadlineMs } },
    {
      hints: () => [
        `the agent listens on ${[socket, listen].filter((one) => one !== '').join(' and ')}; 'weir haproxy config' prints what HAProxy needs`,
        "'weir requests' shows the last requests; Ctrl-C ends",
      ],
      eve: values.eve,
      control: values.control,
      quiet: values.quiet === true,
    },
  );
}
