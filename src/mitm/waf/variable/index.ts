/** SecLang's variables: what rules can look at. */
import { BODY_VARIABLES } from './body.ts';
import type { Definition } from './define.ts';
import { REQUEST_VARIABLES } from './request.ts';
import { RESPONSE_VARIABLES } from './response.ts';
import { STATE_VARIABLES } from './state.ts';
import { TIME_VARIABLES } from './time.ts';
import type { Stage, Variable } from './variable.ts';

const BY_STAGE: readonly (readonly [stage: Stage, definitions: readonly Definition[]])[] = [
  ['head', REQUEST_VARIABLES],
  ['body', BODY_VARIABLES],
  ['answer', RESPONSE_VARIABLES],
  ['rules', [...STATE_VARIABLES, ...TIME_VARIABLES]],
];

/** All variables by name in upper case. */
export const VARIABLES: ReadonlyMap<string, Variable> = new Map(
  BY_STAGE.flatMap(([stage, definitions]) => definitions.map((definition) => ({ ...definition, stage }))).map(
    (variable, number) => [variable.name, { ...variable, number }],
  ),
);

export { PERSISTENT } from './state.ts';
export type { Stage, Variable } from './variable.ts';
