/** How grave a risk is, after nDPI's own grading of its risks: 2 high, 1 medium, 0 low. */
export type Severity = 0 | 1 | 2;

const HIGH: ReadonlySet<string> = new Set([
  'Binary App Transfer',
  'Clear-Text Credentials',
  'HTTP Susp Content',
  'HTTP Susp Header',
  'HTTP Susp URL',
  'HTTP Susp User-Agent',
  'Obsolete TLS (v1.1 or older)',
  'Possible Exploit',
  'RCE Injection',
  'SMB Insecure Vers',
  'SQL Injection',
  'SSH Obsolete Cli Vers/Cipher',
  'Self-signed Cert',
  'Susp DGA Domain name',
  'TLS Cert Expired',
  'TLS Cert Mismatch',
  'TLS Susp Extn',
  'Text With Non-Printable Chars',
  'Weak TLS Cipher',
  'XSS Attack',
]);

const LOW: ReadonlySet<string> = new Set([
  'Crawler/Bot',
  'Desktop/File Sharing',
  'Error Code',
  'HTTP/TLS/QUIC Numeric Hostname/SNI',
  'IDN Domain Name',
  'Malformed Packet',
  'TLS (probably) Not Carrying HTTPS',
  'TLS Fatal Alert',
  'Unidirectional Traffic',
  'Unsafe Protocol',
]);

/** Severity of a risk by its name; of one that is not known, medium. */
export function severityOf(risk: string): Severity {
  if (HIGH.has(risk)) return 2;
  return LOW.has(risk) ? 0 : 1;
}
