import Type from 'typebox';
import { beginning } from './envelope.ts';
import { count, list, OWN, object, text } from './field.ts';
import { record } from './record.ts';

const replayObject = object(
  {
    trigger: text('Who spoke against the address: `crowdsec`.'),
    scenario: text('Scenario of that; empty without.'),
    address: text('Address or network whose requests were judged again.'),
    requests: count('Requests that were judged again.'),
    left: count('Requests for which there was no time.'),
    blocked_before: count('Those that had been blocked when they came.'),
    blocked: count('Those that all rules would have blocked.'),
    changed: count('Those that all rules would have blocked and that had passed.'),
    score: count('The highest anomaly score among them; 0 where the rules keep none.'),
    rule_id: Type.Optional(
      count('Rule that would have blocked the first one that had passed; with `changed`.'),
    ),
    references: Type.Optional(
      list(
        text("Name of a web request: that of its `http` record's `web.reference`."),
        'Those that had passed, at most 16; with `changed`.',
      ),
    ),
  },
  'What judging again found.',
);

/** Requests of an address in buffer B that were judged again. */
export const replay = record(
  'replay',
  'The requests of an address that buffer B still had were judged again by all rules, as something else spoke against it.',
  {
    ...beginning('replay'),
    src_ip: Type.Optional(text('The address, IPv6 with all its digits; when it is no network.')),
    replay: replayObject,
  },
  OWN,
);
