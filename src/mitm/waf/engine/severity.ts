/** Severities by their names; the place is the number (syslog's, RFC 5424, section 6.2.1). */
export const SEVERITIES = [
  'EMERGENCY',
  'ALERT',
  'CRITICAL',
  'ERROR',
  'WARNING',
  'NOTICE',
  'INFO',
  'DEBUG',
] as const;

/** The number of a severity by its name, 255 for none. */
export function severityNumber(name: string): number {
  const number = (SEVERITIES as readonly string[]).indexOf(name);
  return number < 0 ? 255 : number;
}
