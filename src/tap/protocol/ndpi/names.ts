/**
 * Names of nDPI 4.2 that later versions have changed, and what they are called since. The records carry the newer
 * ones, whichever version is installed.
 */
const PROTOCOLS = new Map<string, string>([
  ['Collectd', 'collectd'],
  ['DCE_RPC', 'DCERPC'],
  ['GoogleHangoutDuo', 'GoogleMeet'],
  ['HalfLife2', 'Source_Engine'],
  ['IPsec', 'IPSec'],
  ['Messenger', 'FacebookMessenger'],
  ['Sina(Weibo)', 'Sina'],
  ['SkypeCall', 'Skype_TeamsCall'],
  ['Z39.50', 'Z3950'],
  ['s7comm', 'S7Comm'],
]);

const RISKS = new Map<string, string>([
  ['Binary Application Transfer', 'Binary App Transfer'],
  ['DNS Packet Larger Than 512 bytes', 'Large DNS Packet (512+ bytes)'],
  ['Desktop/File Sharing Session', 'Desktop/File Sharing'],
  ['HTTP Numeric IP Address', 'HTTP/TLS/QUIC Numeric Hostname/SNI'],
  ['HTTP Suspicious Content', 'HTTP Susp Content'],
  ['HTTP Suspicious Header', 'HTTP Susp Header'],
  ['HTTP Suspicious URL', 'HTTP Susp URL'],
  ['HTTP Suspicious User-Agent', 'HTTP Susp User-Agent'],
  ['Known Protocol on Non Standard Port', 'Known Proto on Non Std Port'],
  ['Missing SNI TLS Extension', 'Missing SNI TLS Extn'],
  ['Obsolete TLS Version (1.1 or older)', 'Obsolete TLS (v1.1 or older)'],
  ['Possible Exploit Detected', 'Possible Exploit Attempt'],
  // So the newer name is spelt in nDPI itself.
  ['Possibly Malicious JA3 Fingerprint', 'Malicious Fingerpint'],
  ['Possibly Malicious SSL Cert. SHA1 Fingerprint', 'Malicious SSL Cert/SHA1 Fingerp.'],
  ['SMB Insecure Version', 'SMB Insecure Vers'],
  ['SSH Obsolete Client Version/Cipher', 'SSH Obsolete Cli Vers/Cipher'],
  ['SSH Obsolete Server Version/Cipher', 'SSH Obsolete Ser Vers/Cipher'],
  ['Self-signed Certificate', 'Self-signed Cert'],
  ['Suspicious DGA Domain name', 'Susp DGA Domain name'],
  ['Suspicious DNS Traffic', 'Susp DNS Traffic'],
  ['Suspicious Entropy', 'Susp Entropy'],
  ['TLS Certificate About To Expire', 'TLS Cert About To Expire'],
  ['TLS Certificate Mismatch', 'TLS Cert Mismatch'],
  ['TLS Certificate Validity Too Long', 'TLS Cert Validity Too Long'],
  ['TLS Expired Certificate', 'TLS Cert Expired'],
  ['TLS Suspicious ESNI Usage', 'TLS Susp ESNI Usage'],
  ['TLS Suspicious Extension', 'TLS Susp Extn'],
  ['Text Contains Non-Printable Characters', 'Non-Printable/Invalid Chars Detected'],
]);

/** Applications by what later versions call their calls, which STUN sets up. */
const CALLS = new Map<string, string>([
  ['GoogleMeet', 'GoogleCall'],
  ['Skype_Teams', 'Skype_TeamsCall'],
  ['Teams', 'Skype_TeamsCall'],
  ['Telegram', 'TelegramVoip'],
  ['Viber', 'ViberVoip'],
]);

/** Versions whose heuristics for the protocols below are content with a few bytes; later ones ask for more. */
const EARLY = /^4\.[0-8]\b/;
const LOOSE: ReadonlySet<string> = new Set([
  'CiscoVPN',
  'MDNS',
  'NOE',
  'OpenVPN',
  'RTCP',
  'RTMP',
  'RTP',
  'sFlow',
]);

/** True when this version names a protocol too easily to be believed: our own signatures have not found it either. */
export function isLoose(version: string, protocol: string): boolean {
  return LOOSE.has(protocol) && EARLY.test(version);
}

/** The present name of an application that a protocol carries. */
export function applicationWithin(protocol: string, application: string): string {
  return protocol === 'STUN' ? (CALLS.get(application) ?? application) : application;
}

/** The present name of a protocol or application of any nDPI version. */
export function presentName(name: string): string {
  return PROTOCOLS.get(name) ?? name;
}

/** The present words for a risk of any nDPI version. */
export function presentRisk(name: string): string {
  return RISKS.get(name) ?? name;
}
