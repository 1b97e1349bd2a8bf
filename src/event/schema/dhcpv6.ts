import Type from 'typebox';
import { envelope } from './envelope.ts';
import { count, list, OWN, object, text } from './field.ts';
import { record } from './record.ts';

const NUMBER_32 = { maximum: 0xffffffff } as const;

const lifetimes = {
  preferred_lifetime: count('Seconds that it may be used for new connections.', NUMBER_32),
  valid_lifetime: count('Seconds that it may be used at all.', NUMBER_32),
};

const dhcpv6Object = object(
  {
    type: text('Message type (`solicit`, `advertise`, `reply`); `unknown` for one without a name.'),
    id: Type.Optional(
      count("Transaction identifier; absent where a relay's wrapping could not be opened.", {
        maximum: 0xffffff,
      }),
    ),
    client_duid: Type.Optional(text('DUID of the client in hexadecimal.')),
    client_mac: Type.Optional(text("Hardware address in the client's DUID; when it holds one.")),
    server_duid: Type.Optional(text('DUID of the server in hexadecimal.')),
    addresses: Type.Optional(
      list(
        object({ address: text('The address.'), ...lifetimes }, 'An address.'),
        'Addresses asked for or given.',
      ),
    ),
    prefixes: Type.Optional(
      list(
        object({ prefix: text('The prefix with its length: `2001:db8::/56`.'), ...lifetimes }, 'A prefix.'),
        'Prefixes asked for or delegated.',
      ),
    ),
    client_fqdn: Type.Optional(text('Name of the client.')),
    vendor_class: Type.Optional(text("What the client is, in its vendor's words.")),
    dns_servers: Type.Optional(list(text('An address.'), 'Name servers.', { minItems: 0 })),
    domains: Type.Optional(list(text('A domain.'), 'Domains to search.', { minItems: 0 })),
    requested_options: Type.Optional(
      list(count('A code.', { maximum: 0xffff }), 'Options that the client asks for.', { minItems: 0 }),
    ),
    elapsed_ms: Type.Optional(count('Milliseconds since the client began.')),
    status: Type.Optional(
      text('Status by name (`success`, `no_addrs_avail`); `code_N` for one without a name.'),
    ),
    status_message: Type.Optional(text('What the server says about the status.')),
    relays: Type.Optional(
      list(
        object(
          {
            hops: count('Relays that had handled the message before.', { maximum: 255 }),
            link_address: text("Address of the client's link."),
            peer_address: text('Address that the relay got the message from.'),
          },
          'A relay.',
        ),
        'Relays around the message, the outermost first.',
      ),
    ),
  },
  'One message; of its options, those that it has.',
);

/** One DHCPv6 message. */
export const dhcpv6 = record(
  'dhcpv6',
  'One message of DHCP for IPv6.',
  { ...envelope('dhcpv6'), dhcpv6: dhcpv6Object },
  OWN,
);
