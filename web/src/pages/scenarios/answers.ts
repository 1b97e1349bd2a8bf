import type { Static } from 'typebox';
import type {
  ScenarioCheckedSchema,
  ScenarioSchema,
  ScenariosSchema,
  ScenarioTestedSchema,
  ScenarioTextSchema,
} from '../../../../src/api/schema/scenarios.ts';

/** A scenario that runs. */
export type Scenario = Static<typeof ScenarioSchema>;
/** `GET /scenarios`. */
export type Scenarios = Static<typeof ScenariosSchema>;
/** `GET /scenarios/NAME`. */
export type ScenarioText = Static<typeof ScenarioTextSchema>;
/** `POST /scenarios/check`. */
export type Checked = Static<typeof ScenarioCheckedSchema>;
/** `POST /scenarios/test`. */
export type Tested = Static<typeof ScenarioTestedSchema>;
/** A decision that would have been taken. */
export type WishedDecision = Tested['decisions']['items'][number];
