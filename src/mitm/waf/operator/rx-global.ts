import type { Operator } from './operator.ts';
import { MOST_CAPTURES } from './rx.ts';

/** `@rxGlobal` */
export const rxGlobal: Operator = {
  name: 'rxGlobal',
  description:
    'The regular expression matches anywhere in the value. Captures all matches with their groups one after the other, ten texts at most.',
  example: `SecRule ARGS "@rxGlobal \\d+" "id:1020,phase:2,pass,capture,logdata:'%{TX.0} %{TX.1}'"`,
  compile(source, environment) {
    const pattern = environment.compilePattern(source);
    return {
      matches(value, captures) {
        if (captures === undefined) return pattern.test(value);
        let groups = pattern.exec(value);
        if (groups === undefined) return false;
        captures.length = 0;
        let rest = value;
        while (groups !== undefined) {
          for (let i = 0; i < groups.length && captures.length < MOST_CAPTURES; i++)
            captures.push(groups[i] ?? '');
          if (captures.length >= MOST_CAPTURES) break;
          const match = groups[0] ?? '';
          const end = rest.indexOf(match) + Math.max(1, match.length);
          if (end > rest.length) break;
          rest = rest.slice(end);
          groups = pattern.exec(rest);
        }
        return true;
      },
      required: pattern.required,
      pattern,
    };
  },
};
