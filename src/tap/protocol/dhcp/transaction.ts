import type { Transaction } from '../../../event/index.ts';
import type { DhcpMessage } from './message.ts';
import { BOOT_REPLY, BOOT_REQUEST, EVE_MESSAGE_TYPES, PARAMETER_NAMES } from './options.ts';

/** One message as EVE's `dhcp` record, with the fields of Suricata's extended output. */
export class DhcpTransaction implements Transaction {
  readonly type = 'dhcp';
  private readonly message: DhcpMessage;

  constructor(message: DhcpMessage) {
    this.message = message;
  }

  eve(): Record<string, unknown> {
    const message = this.message;
    const record: Record<string, unknown> = {
      type:
        message.opcode === BOOT_REQUEST ? 'request' : message.opcode === BOOT_REPLY ? 'reply' : '<unknown>',
      id: message.id,
      client_mac: message.clientMac,
      assigned_ip: message.assignedAddress,
      client_ip: message.clientAddress,
    };
    if (message.opcode === BOOT_REPLY) {
      record.relay_ip = message.relayAddress;
      record.next_server_ip = message.serverAddress;
    }
    if (message.messageType !== undefined)
      record.dhcp_type = EVE_MESSAGE_TYPES[message.messageType] ?? 'unknown';
    set(record, 'client_id', message.clientId);
    set(record, 'lease_time', message.leaseTime);
    set(record, 'rebinding_time', message.rebindingTime);
    set(record, 'renewal_time', message.renewalTime);
    set(record, 'subnet_mask', message.subnetMask);
    set(record, 'hostname', message.hostName);
    set(record, 'requested_ip', message.requestedAddress);
    if (message.parameters !== undefined) {
      const names: string[] = [];
      for (const parameter of message.parameters) {
        const name = PARAMETER_NAMES.get(parameter);
        if (name !== undefined) names.push(name);
      }
      record.params = names;
    }
    set(record, 'dns_servers', message.dnsServers);
    set(record, 'routers', message.routers);
    set(record, 'vendor_class_identifier', message.vendorClass);
    return { dhcp: record };
  }
}

function set(record: Record<string, unknown>, name: string, value: unknown): void {
  if (value !== undefined) record[name] = value;
}
