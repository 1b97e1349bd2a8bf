import type { Operator } from './operator.ts';

/** What a rule can capture: the match and nine groups. */
export const MOST_CAPTURES = 10;

/** `@rx` */
export const rx: Operator = {
  name: 'rx',
  description:
    'The regular expression matches anywhere in the value. Captures the match and up to nine groups.',
  example: `SecRule ARGS "@rx (?i)union\\s+select" "id:1019,phase:2,deny,status:403,capture,logdata:'%{TX.0}'"`,
  compile(source, environment) {
    const pattern = environment.compilePattern(source);
    return {
      matches(value, captures) {
        if (captures === undefined) return pattern.test(value);
        const groups = pattern.exec(value);
        if (groups === undefined) return false;
        captures.length = 0;
        for (let i = 0; i < groups.length && i < MOST_CAPTURES; i++) captures.push(groups[i] ?? '');
        return true;
      },
      required: pattern.required,
      ...(pattern.among === undefined ? {} : { among: pattern.among }),
      pattern,
    };
  },
};
