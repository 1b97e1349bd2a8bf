import type { ExpressionFunction } from '../expression/index.ts';
import { ADDRESS_FUNCTIONS } from './address.ts';
import { ENCODING_FUNCTIONS } from './encoding.ts';
import { ENGINE_FUNCTIONS } from './engine.ts';
import { NUMBER_FUNCTIONS } from './number.ts';
import { REFUSED_FUNCTIONS } from './refused.ts';
import { TEXT_FUNCTIONS } from './text.ts';
import { TIME_FUNCTIONS } from './time.ts';

/** Every function that expressions of scenarios may call: those of the expr language, and CrowdSec's. */
export const FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  ...TEXT_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...ADDRESS_FUNCTIONS,
  ...TIME_FUNCTIONS,
  ...ENCODING_FUNCTIONS,
  ...ENGINE_FUNCTIONS,
  ...REFUSED_FUNCTIONS,
};
