import type { Compiled } from './compiled.ts';
import type { Frame } from './frame.ts';
import { fits, type Type } from './types.ts';
import { asBoolean, asList, asMap, asNumber, asText, asTime, scalarText } from './values.ts';

/** A run that gives what is wanted, or fails when the value is there and is something else; undefined when it never can. */
export function converted(part: Compiled, wanted: Type): ((frame: Frame) => unknown) | undefined {
  if (!fits(part.type, wanted)) return undefined;
  const convert = conversion(part.type, wanted);
  if (convert === undefined) return part.run;
  const { run } = part;
  return (frame) => convert(run(frame));
}

function conversion(type: Type, wanted: Type): ((value: unknown) => unknown) | undefined {
  if (type.kind === wanted.kind && type.kind !== 'scalar') return undefined;
  switch (wanted.kind) {
    case 'text':
      return type.kind === 'scalar' ? scalarText : asText;
    case 'number':
    case 'duration':
      return asNumber;
    case 'boolean':
      return asBoolean;
    case 'time':
      return asTime;
    case 'list':
      return asList;
    case 'map':
      return asMap;
    default:
      return undefined;
  }
}

/** What a missing key or a missing structure gives, as Go's zero values. */
export function zeroOf(type: Type): unknown {
  switch (type.kind) {
    case 'text':
    case 'scalar':
      return '';
    case 'number':
    case 'duration':
      return 0;
    case 'boolean':
      return false;
    case 'list':
      return [];
    case 'map':
      return {};
    default:
      return null;
  }
}
