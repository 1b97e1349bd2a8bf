import Type from 'typebox';
import { envelope } from './envelope.ts';
import { count, list, object, text, word } from './field.ts';
import { record } from './record.ts';

const seconds = { maximum: 0xffffffff } as const;

const dhcpObject = object(
  {
    type: word(['request', 'reply', '<unknown>'], "Direction by the message's operation."),
    id: count('Transaction identifier.', { maximum: 0xffffffff }),
    client_mac: text('Hardware address of the client, hexadecimal bytes with colons.'),
    assigned_ip: text('Address that the client gets; `0.0.0.0` for none.'),
    client_ip: text('Address that the client has; `0.0.0.0` for none.'),
    relay_ip: Type.Optional(text('Address of the relay; in replies.')),
    next_server_ip: Type.Optional(text('Address of the server to boot from; in replies.')),
    dhcp_type: Type.Optional(
      text('Message type (`discover`, `offer`, `ack`); `unknown` for one without a name. Absent for BOOTP.'),
    ),
    client_id: Type.Optional(text('Client identifier, hexadecimal bytes with colons.')),
    lease_time: Type.Optional(count('Lease in seconds.', seconds)),
    rebinding_time: Type.Optional(count('Seconds until the client asks any server.', seconds)),
    renewal_time: Type.Optional(count('Seconds until the client asks its server.', seconds)),
    subnet_mask: Type.Optional(text('Subnet mask.')),
    hostname: Type.Optional(text('Name of the client.')),
    requested_ip: Type.Optional(text('Address that the client asks for.')),
    params: Type.Optional(
      list(text('An option.'), 'Options that the client asks for, those with a name.', { minItems: 0 }),
    ),
    dns_servers: Type.Optional(list(text('An address.'), 'Name servers.', { minItems: 0 })),
    routers: Type.Optional(list(text('An address.'), 'Routers.', { minItems: 0 })),
    vendor_class_identifier: Type.Optional(text("What the client is, in its vendor's words.")),
  },
  'One message; of its options, those that it has.',
);

/** One DHCP message. */
export const dhcp = record('dhcp', 'One message of DHCP for IPv4, or of BOOTP.', {
  ...envelope('dhcp'),
  dhcp: dhcpObject,
});
