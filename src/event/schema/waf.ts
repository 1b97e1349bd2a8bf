import Type from 'typebox';
import { count, list, OWN, object, text, word } from './field.ts';
import { httpObject } from './http.ts';
import { record } from './record.ts';
import { ACTIONS, webEnvelope } from './web.ts';

const wafObject = object(
  {
    reference: text("Name of the request: that of its `http` record's `web.reference`.", {
      pattern: '^[a-z0-9]{20}$',
    }),
    rule_id: count('Identifier of the rule.'),
    phase: count('Phase in which it ran.', { minimum: 1, maximum: 5 }),
    message: Type.Optional(text('What the rule says; secrets are taken out.')),
    data: Type.Optional(text("The rule's `logdata`, likewise.")),
    severity: Type.Optional(text('`CRITICAL`, `ERROR`, `WARNING`, `NOTICE` ...')),
    category: text('Kind of attack (`sqli`, `xss`, `rce`, `scanner` ...), from the tags of the rule.'),
    tags: Type.Optional(list(text('A tag.'), 'Tags of the rule.')),
    variable: Type.Optional(text('Part of the request that matched (`ARGS:id`).')),
    value: Type.Optional(text('Its value around the match; secrets are taken out.')),
    score: count('Anomaly score of the whole request.'),
    action: word(ACTIONS, 'What was done with the request, or with the answer for phases 3 and 4.'),
    decided: Type.Optional(Type.Literal(true, { description: 'This rule decided.' })),
  },
  'What a rule found.',
);

/** A rule of the WAF that matched a request or its answer. */
export const waf = record(
  'waf',
  'A rule of the WAF that matched a request or its answer; one record for each.',
  { ...webEnvelope('waf'), http: httpObject, waf: wafObject },
  OWN,
);
