/**
 * nDPI's own names for a protocol inside TLS: by the port that is assigned to it, or by what was spoken before the
 * flow turned to TLS.
 */
const TLS_PORTS: ReadonlyMap<number, string> = new Map([
  [993, 'IMAPS'],
  [995, 'POPS'],
  [465, 'SMTPS'],
  [587, 'SMTPS'],
  [990, 'FTPS'],
]);

const BEFORE_TLS: ReadonlyMap<string, string> = new Map([
  ['imap', 'IMAPS'],
  ['pop3', 'POPS'],
  ['smtp', 'SMTPS'],
  ['ftp', 'FTPS'],
  ['http', 'HTTP_Connect'],
]);

/** nDPI's name of a TLS flow: `original` is Suricata's name of what was spoken before it, if anything. */
export function protocolOverTls(original: string | undefined, a: number, b: number): string {
  return BEFORE_TLS.get(original ?? '') ?? TLS_PORTS.get(a) ?? TLS_PORTS.get(b) ?? 'TLS';
}

/** The application that a TLS flow serves by what was spoken before it. */
export function applicationBeforeTls(original: string | undefined): string | undefined {
  return original === 'rdp' ? 'RDP' : undefined;
}

/** Applications that are told by their network and port together, where the content is encrypted. */
export function applicationOfService(network: string, a: number, b: number): string | undefined {
  const has = (port: number): boolean => a === port || b === port;
  // Avast's resolvers answer on the port of HTTPS.
  if (network === 'Cybersec' && has(443)) return 'AVASTSecureDNS';
  if (network === 'Apple' && (has(5223) || has(2195) || has(2196))) return 'ApplePush';
  return undefined;
}

/** The application that media over STUN belongs to when only the network of the relay tells. */
const CALLS: ReadonlyMap<string, string> = new Map([
  ['Facebook', 'FacebookVoip'],
  ['WhatsApp', 'WhatsAppCall'],
  ['Google', 'GoogleCall'],
  ['Telegram', 'TelegramVoip'],
  ['Signal', 'SignalVoip'],
  ['Viber', 'ViberVoip'],
  ['Zoom', 'Zoom'],
  ['Line', 'LineCall'],
]);

/** nDPI's name for calls through relays of a network; undefined when the network is not known for calls. */
export function applicationOfRelay(network: string): string | undefined {
  return CALLS.get(network);
}
