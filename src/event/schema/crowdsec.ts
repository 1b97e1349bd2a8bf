import Type from 'typebox';
import { beginning } from './envelope.ts';
import { count, flag, OWN, object, text } from './field.ts';
import { record } from './record.ts';

const crowdsecObject = object(
  {
    id: count('Number of the alert in its local API.'),
    scenario: text('Scenario that ran over.'),
    message: text('What CrowdSec says of it.'),
    events: count('Events that led to it.'),
    simulated: flag('Its scenario is only tried.'),
    range: Type.Optional(text('Network that it is about, or that the address is of; when it names one.')),
  },
  'The alert.',
);

/** An alert of CrowdSec's. */
export const crowdsec = record(
  'crowdsec',
  "An alert that CrowdSec's local API told of; those that a weir pushed there are left out.",
  {
    ...beginning('crowdsec'),
    src_ip: Type.Optional(
      text('Address that the alert is about, IPv6 with all its digits; when it is about one.'),
    ),
    crowdsec: crowdsecObject,
  },
  OWN,
);
