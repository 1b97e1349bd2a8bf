/**
 * How many benign requests buffer B's analysers take for threats, and how many attacks they find without any rules: the
 * models of endpoints, rates and sequences, over the generated traffic of a shop.
 */
import { parseArgs } from 'node:util';
import { chooseRules } from '../../src/mitm/waf/rule-sources.ts';
import { attackValues, hasCrsTests } from '../../test/support/web-shop/attacks.ts';
import { type Share, shareText, tryAnalyser } from '../../test/support/web-shop/evaluation.ts';
import { numberOf } from '../options.ts';
import { table } from '../report.ts';

const HELP = `usage: node bench/active/anomaly.ts [options]

  --seeds N,...   of the traffic: thresholds were chosen with 1 to 3, 4 and 5 were kept apart
                  (default 1,4,5)
  --requests N    benign requests that are counted, after as many that are learned from (default 20000)
  --crs DIR       asks the rules of this Core Rule Set at paranoia level 4 as well (slow)
  --show N        prints so many of the benign requests that were taken for threats, and of the attacks missed
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    seeds: { type: 'string', default: '1,4,5' },
    requests: { type: 'string', default: '20000' },
    crs: { type: 'string' },
    show: { type: 'string', default: '0' },
  },
});

async function main(): Promise<void> {
  const requests = numberOf('--requests', values.requests, 1000, 1_000_000);
  const show = numberOf('--show', values.show, 0, 1000);
  const evil = attackValues();
  const origin = hasCrsTests() ? "of the Core Rule Set's tests" : 'built in';
  const rules = values.crs === undefined ? undefined : chooseRules({ crs: values.crs, paranoia: 4 });
  for (const text of values.seeds.split(',')) {
    const seed = numberOf('--seeds', text, 0, 2 ** 31);
    const result = await tryAnalyser({
      seed,
      training: requests,
      counted: requests,
      attackValues: evil,
      options: rules === undefined ? {} : { waf: { sources: rules.sources } },
    });
    console.log(`\nseed ${seed}: ${requests} benign requests learned from, ${requests} counted`);
    console.log(
      `attacks: ${evil.length} values ${origin}, each in one of the places, between the benign requests\n`,
    );
    const rows = [
      row('benign, while learning', result.training),
      row('benign', result.benign),
      row('attacks', result.attacks),
      ...[...result.byKind].map(([kind, one]) => row(`  ${kind}`, one)),
      ...[...result.byPlace].map(([place, one]) => row(`  in ${place}`, one)),
    ];
    console.log(table(['', 'above the alert score', 'by the models alone'], rows));
    console.log(`\n${result.microseconds.toFixed(0)} µs a transaction`);
    for (const one of result.mistaken.slice(0, show)) console.log(`benign ${one}`);
    for (const one of spread(result.missed, show)) console.log(`missed ${one}`);
  }
}

function row(name: string, { total, found, unusual }: Share): readonly string[] {
  return [name, shareText(found, total), shareText(unusual, total)];
}

/** So many of a list, from all of it. */
function spread(list: readonly string[], most: number): readonly string[] {
  const step = Math.max(1, Math.ceil(list.length / Math.max(1, most)));
  return most === 0 ? [] : list.filter((_, i) => i % step === 0);
}

if (values.help) console.log(HELP);
else await main();
