export { isGrease } from '../../../net/index.ts';

/** The name of a reserved value, such as `grease_0x0A0A`. */
export function greaseName(value: number): string {
  return `grease_0x${value.toString(16).toUpperCase().padStart(4, '0')}`;
}
