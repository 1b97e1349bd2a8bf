import { type Capability, probeCapabilities } from './capabilities.ts';
import { parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir doctor [--json]

What of weir works on this machine, and what brings the rest. The core needs Node alone.
`;

const MARKS = { ok: '✓', limited: '~', missing: '·' } as const;

/** `weir doctor`: what works here, and what is missing. Exit code 0: nothing here is needed by the core. */
export async function doctor(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0) throw new UsageError('doctor takes no operands', "Try 'weir doctor --help'");
  const capabilities = probeCapabilities();
  process.stdout.write(
    values.json ? `${JSON.stringify({ capabilities }, null, 2)}\n` : renderCapabilities(capabilities),
  );
  return 0;
}

/** A line for each capability, and below it what brings what is missing. */
export function renderCapabilities(capabilities: readonly Capability[]): string {
  const names = Math.max(...capabilities.map(({ name }) => name.length));
  const states = Math.max(...capabilities.map(({ state }) => state.length));
  const brings = Math.max(...capabilities.map((capability) => capability.brings.length));
  const lines = capabilities.map((capability) => {
    const { name, state, detail, remedy } = capability;
    const line = `${MARKS[state]} ${name.padEnd(names)}  ${state.padEnd(states)}  ${capability.brings.padEnd(brings)}  ${detail}`;
    return remedy === '' ? line : `${line}\n  ${''.padEnd(names)}  bring it with: ${remedy}`;
  });
  return `${lines.join('\n')}\n`;
}
