/**
 * `make fuzz`: mutated captures, frames and conversations for every decoder and parser; rules, bodies and requests for
 * the WAF; connections, frames, stored bytes, rules and questions for the active stream.
 *
 *   node test/fuzz/run.ts [--waf | --web] [--seconds 600] [--seed N]
 *   node test/fuzz/run.ts --waf-soak 100000
 *   node test/fuzz/run.ts --replay FILE
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type CampaignOptions, fuzz } from './campaign.ts';
import { execute } from './execute.ts';
import { decodeInput, type FuzzInput } from './input.ts';
import { seedPaths } from './seeds.ts';
import { ruleSeeds } from './waf-generate.ts';
import { MOST_SOAK_GROWTH, soakWaf } from './waf-soak.ts';
import { webSeedCount } from './web-generate.ts';

type Worker = NonNullable<CampaignOptions['worker']>;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    replay: { type: 'string' },
    waf: { type: 'boolean', default: false },
    web: { type: 'boolean', default: false },
    'waf-soak': { type: 'string' },
  },
});

if (values.replay !== undefined) {
  const input = decodeInput(readFileSync(values.replay));
  const size =
    input.kind === 'stream' ? `${input.operations.length} operations` : `${input.bytes.length} bytes`;
  process.stderr.write(`${kindOf(input)}, ${size}\n`);
  const started = performance.now();
  await execute(input);
  process.stderr.write(`no failure, ${Math.round(performance.now() - started)} ms\n`);
} else if (values['waf-soak'] !== undefined) {
  const result = await soakWaf(Number(values['waf-soak']), 2, Number(values.seed ?? 1));
  process.stderr.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exitCode =
    result.unjudged === 0 && result.mostBytes < result.settledBytes + MOST_SOAK_GROWTH ? 0 : 1;
} else {
  const seconds = Number(values.seconds ?? 600);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const [worker, from] = chosen();
  process.stderr.write(`fuzzing for ${seconds} s from ${from}, seed ${seed}\n`);
  const started = performance.now();
  const shown = process.stderr.isTTY === true;
  const result = await fuzz({
    seconds,
    seed,
    worker,
    folder: join(import.meta.dirname, '../../build/fuzz'),
    onFailure: ({ key, text, path }) => {
      const file = relative(process.cwd(), path);
      process.stderr.write(
        `\n${key}\n${text}\n  ${file}\n  replay: node test/fuzz/run.ts --replay ${file}\n`,
      );
    },
    onProgress: (inputs, failures, heapBytes) => {
      if (!shown) return;
      const rate = Math.round((inputs / (performance.now() - started)) * 1000);
      process.stderr.write(
        `\r\u001b[K${inputs} inputs, ${rate}/s, ${failures} failures, ${Math.round(heapBytes / 1e6)} MB`,
      );
    },
  });
  process.stderr.write(
    `\n${result.inputs} inputs in ${result.rounds} rounds, seed ${seed}: ${result.failures.length} failures\n`,
  );
  process.exitCode = result.failures.length === 0 ? 0 : 1;
}

/** The file of the worker that is wanted, and what it begins with. */
function chosen(): readonly [worker: Worker, from: string] {
  if (values.waf) return ['./waf-worker.ts', `${ruleSeeds().length} rules`];
  if (values.web) return ['./web-worker.ts', `${webSeedCount()} messages`];
  return ['./worker.ts', `${seedPaths().length} captures`];
}

function kindOf(input: FuzzInput): string {
  switch (input.kind) {
    case 'stream':
      return `stream of ${input.protocol || 'any protocol'}`;
    case 'waf':
    case 'web':
      return `${input.kind}, ${input.part}`;
    default:
      return input.kind;
  }
}
