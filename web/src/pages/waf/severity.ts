import type { Tone } from '../../design/index.ts';

/** The colour of a severity of ModSecurity's. */
export function severityTone(severity: string): Tone {
  switch (severity) {
    case 'EMERGENCY':
    case 'ALERT':
    case 'CRITICAL':
      return 'danger';
    case 'ERROR':
    case 'WARNING':
      return 'warning';
    case 'NOTICE':
      return 'notice';
    default:
      return 'neutral';
  }
}
