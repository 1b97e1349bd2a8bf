import { spawnSync } from 'node:child_process';

/** What PCRE2 says of a value: what matched and the groups; undefined without a match; `refused` otherwise. */
export type PeerAnswer = readonly string[] | undefined | 'refused';

/** For the `skip` of a test: false where `pcre2test` is installed, otherwise what is missing. */
export function withoutPcre2(): string | false {
  const { error } = spawnSync('pcre2test', ['-C', 'newline'], { stdio: 'ignore' });
  return error === undefined ? false : 'pcre2test is not installed (apt-get install pcre2-utils)';
}

/**
 * Asks PCRE2, with the options that ModSecurity 3 gives it; `refused` for all values when it is no pattern. Its look for
 * bytes that a match must have is left out: with that, `(?=b)a?b` is not found in `b`.
 */
export function askPcre2(
  questions: readonly { readonly source: string; readonly values: readonly string[] }[],
): PeerAnswer[][] {
  const lines: string[] = [];
  for (const { source, values } of questions) {
    const hex = source === '' ? '2e2a' : Buffer.from(source, 'latin1').toString('hex');
    lines.push(`/${hex}/hex,dotall,multiline,allcaptures,no_start_optimize`);
    for (const value of values) lines.push(escapeAll(value));
    lines.push('');
  }
  const run = spawnSync('pcre2test', ['-q'], {
    input: `${lines.join('\n')}\n`,
    encoding: 'latin1',
    maxBuffer: 1 << 30,
  });
  if (run.status !== 0) throw new Error(`pcre2test: ${run.stderr}`);
  const output = run.stdout.split('\n');
  let at = 0;
  return questions.map(({ values }) => {
    at++;
    if (/^Failed:/.test(output[at] ?? '')) {
      while (at < output.length && output[at] !== '' && !/^\/[0-9a-f]+\//.test(output[at] as string)) at++;
      if (output[at] === '') at++;
      return values.map(() => 'refused' as const);
    }
    const answers = values.map((): PeerAnswer => {
      at++;
      if (/^No match/.test(output[at] ?? '')) {
        at++;
        return undefined;
      }
      if (/^Failed:/.test(output[at] ?? '')) {
        at++;
        return 'refused';
      }
      const groups: string[] = [];
      for (
        let found = /^ ?(\d+): (.*)$/.exec(output[at] ?? '');
        found !== null;
        found = /^ ?(\d+): (.*)$/.exec(output[at] ?? '')
      ) {
        const text = found[2] as string;
        groups[Number(found[1])] = text === '<unset>' ? '' : text;
        at++;
      }
      return groups;
    });
    if (output[at] === '') at++;
    return answers;
  });
}

function escapeAll(value: string): string {
  // A lone backslash stands for the empty value.
  if (value === '') return '\\';
  return Array.from(value, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`).join(
    '',
  );
}

/** A text as `pcre2test` prints it. */
export function printed(text: string): string {
  return text.replace(
    /[^ -~]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
