import Type from 'typebox';
import { DECISION_TYPES } from '../decision.ts';
import { beginning } from './envelope.ts';
import { flag, list, OWN, object, text, time, word } from './field.ts';
import { record } from './record.ts';

const decisionObject = object(
  {
    id: Type.Optional(
      text('Name of the decision; absent where nothing was decided.', { pattern: '^[a-z0-9]{20}$' }),
    ),
    event: word(
      ['taken', 'refused', 'expired', 'lifted', 'failed'],
      'What happened to it. `taken`: the enforcers have answered; `failed`: one could not apply it, and tries again each minute.',
    ),
    action: word(DECISION_TYPES, 'The same as `type`, by another name that readers look for.'),
    type: word(DECISION_TYPES, 'What is done with the traffic; `allow` is an exception from all others.'),
    scope: word(['address', 'range', 'session'], 'What kind of thing it is about.'),
    value: text('What it is about: an address, a network, or a session (`cookie:…`, `ja4:…`).'),
    origin: text('Who asked: `scenario`, `reputation`, `user`, `crowdsec`, `list`.'),
    scenario: text('Name of the scenario; empty where there is none.'),
    reason: text('Why, in words.'),
    duration: text('How long it lasts from its beginning, as CrowdSec writes it (`4h0m0s`).'),
    until: Type.Optional(time('When it ends; absent where nothing was decided.')),
    simulated: flag('It is told of and not enforced: `respond.mode` is `observe`, or its scenario is tried.'),
    author: text('User who asked; empty for a program.'),
    evidence: list(text('A name.'), 'Names of the correlations that led to it.', { minItems: 0 }),
    latency_ms: Type.Optional(
      Type.Number({
        description:
          'Milliseconds from the record that led to it to being applied by all enforcers; where all of them did.',
        minimum: 0,
      }),
    ),
    enforcers: Type.Optional(
      list(text('A name.'), 'Enforcers that have applied it; of `failed`, the one that could not.', {
        minItems: 0,
      }),
    ),
    guard: Type.Optional(text('Guard that refused it, or lifted it.')),
    error: Type.Optional(text('Why it was refused, lifted by a guard, or could not be applied.')),
    lifted_by: Type.Optional(text('User who lifted it.')),
  },
  'The decision, and what happened to it.',
);

/** What happened to a decision, or to a wish for one. */
export const decision = record(
  'decision',
  'What happened to a decision, or to the wish for one that was refused. Its time is that of the event, by the clock.',
  {
    ...beginning('decision'),
    src_ip: Type.Optional(
      text('Address that it is about, IPv6 with all its digits; where the scope is `address`.'),
    ),
    decision: decisionObject,
  },
  OWN,
);
