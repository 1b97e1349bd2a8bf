import Type from 'typebox';
import { beginning } from './envelope.ts';
import { count, list, OWN, object, text } from './field.ts';
import { record } from './record.ts';

const replayObject = object(
  {
    trigger: text('Who led to it (`crowdsec`).'),
    scenario: text('Scenario that it was led to by; empty where there is none.'),
    address: text('Address or network whose requests were judged.'),
    requests: count('Requests that were judged again.'),
    left: count('Requests that no time was left for.'),
    blocked_before: count('Those among them that had been denied when they came.'),
    blocked: count('Those that all rules deny now.'),
    changed: count('Those that had passed and would be denied now.'),
    score: count('The highest anomaly score among them.'),
    rule_id: Type.Optional(
      count('Rule that would deny the worst of those that had passed; when there are any.'),
    ),
    references: Type.Optional(
      list(text('A name.'), 'Names of those that had passed and would be denied now, at most 16.'),
    ),
  },
  'What judging again found.',
);

/** Requests of an address in buffer B that were judged again. */
export const replay = record(
  'replay',
  'The requests of an address that buffer B still had were judged again by all rules, as CrowdSec alerted of it.',
  {
    ...beginning('replay'),
    src_ip: Type.Optional(
      text('The address, IPv6 with all its digits; where it is about an address and not a network.'),
    ),
    replay: replayObject,
  },
  OWN,
);
