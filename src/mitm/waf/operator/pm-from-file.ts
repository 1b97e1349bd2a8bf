import { listLines } from './list-file.ts';
import type { Operator } from './operator.ts';
import { matchPhrases } from './pm.ts';

/** `@pmFromFile` */
export const pmFromFile: Operator = {
  name: 'pmFromFile',
  description:
    'A line of the file beside the rules occurs in the value, in any letter case. Spaces count; lines that are empty or begin with # are passed over.',
  example: `SecRule REQUEST_FILENAME "@pmFromFile restricted-files.data" "id:1018,phase:1,deny,status:403"`,
  compile: (file, environment) =>
    matchPhrases(
      listLines('@pmFromFile', file, environment).map(({ text }) => text),
      environment,
    ),
};

/** `@pmf` */
export const pmf: Operator = {
  ...pmFromFile,
  name: 'pmf',
  description: '@pmFromFile by its short name.',
  example: pmFromFile.example.replace('@pmFromFile', '@pmf'),
};
