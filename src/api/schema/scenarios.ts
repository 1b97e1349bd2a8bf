import Type from 'typebox';
import { TimeText } from '../time-range.ts';
import { IncidentSchema } from './incidents.ts';

const MOST_TEXT = 65_536;
const text = (description: string) => Type.String({ minLength: 1, maxLength: MOST_TEXT, description });

const described = {
  name: Type.String(),
  type: Type.String({ description: 'leaky, trigger, counter, conditional, bayesian.' }),
  description: Type.String(),
  line: Type.Integer(),
  scope: Type.String(),
  remediation: Type.Boolean({ description: 'Who runs it over may be banned.' }),
  banMs: Type.Optional(Type.Number({ description: 'How long; without, the default.' })),
  simulated: Type.Boolean({ description: 'It is only tried.' }),
  evidence: Type.String(),
  threat: Type.Number(),
  techniques: Type.Array(Type.String(), { description: 'Of MITRE ATT&CK.' }),
};

/** A scenario that runs. */
const running = {
  ...described,
  file: Type.String(),
  overflows: Type.Integer({ description: 'How often it ran over since `sinceUs`.' }),
  firstUs: Type.Number(),
  lastUs: Type.Number(),
  met: Type.Array(Type.Object({ value: Type.String(), overflows: Type.Integer(), lastUs: Type.Number() }), {
    description: 'Whom it met, the latest first.',
  }),
};

/** A scenario that runs, and how often it ran over. */
export const ScenarioSchema = Type.Object(running);

/** A scenario with its text. */
export const ScenarioTextSchema = Type.Object({
  ...running,
  text: Type.String({ description: 'YAML, as its file has it.' }),
});

/** Those that ran over most often first. */
export const ScenariosSchema = Type.Object({
  sinceUs: Type.Number({ description: 'Since when overflows are counted.' }),
  items: Type.Array(ScenarioSchema),
  mistakes: Type.Array(
    Type.Object({
      file: Type.String(),
      line: Type.Integer(),
      column: Type.Integer(),
      message: Type.String(),
    }),
    { description: 'Of files, whose mistaken scenarios are left out.' },
  ),
});

/** Its name has a slash, written as %2F. */
export const ScenarioParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 256 }) });

/** A text of scenarios. */
export const ScenarioCheckBody = Type.Object(
  { text: text('YAML; several scenarios as several documents.') },
  { additionalProperties: false },
);

/** What is in it. */
export const ScenarioCheckedSchema = Type.Object({
  mistakes: Type.Array(
    Type.Object({
      line: Type.Integer({ description: 'From 1; 0: of the text whole.' }),
      column: Type.Integer(),
      message: Type.String(),
    }),
  ),
  scenarios: Type.Array(Type.Object(described)),
});

/** What is run over the past: a text, or a scenario that runs. */
export const ScenarioTestBody = Type.Object(
  {
    text: Type.Optional(text('YAML, in place of a name.')),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    since: Type.String({ ...TimeText, default: '24h' }),
    until: Type.Optional(TimeText),
  },
  { additionalProperties: false },
);

const wished = {
  type: Type.String(),
  scope: Type.String(),
  value: Type.String(),
  origin: Type.String(),
  scenario: Type.String(),
  reason: Type.String(),
  atUs: Type.Number(),
  afterMs: Type.Optional(Type.Number({ description: 'After the first packet of the address.' })),
};
const bounded = <T extends Type.TSchema>(item: T) =>
  Type.Object({ count: Type.Integer(), items: Type.Array(item) });

/** What it would have found. */
export const ScenarioTestedSchema = Type.Object({
  records: Type.Integer(),
  isCutOff: Type.Boolean({ description: 'There are more records in the time than were looked at.' }),
  firstUs: Type.Optional(Type.Number()),
  lastUs: Type.Optional(Type.Number()),
  overflows: Type.Integer(),
  scenarios: Type.Array(
    Type.Object({
      scenario: Type.String(),
      description: Type.String(),
      overflows: Type.Integer(),
      about: Type.Array(Type.String()),
      firstUs: Type.Number(),
      lastUs: Type.Number(),
    }),
  ),
  decisions: bounded(
    Type.Object({
      ...wished,
      durationMs: Type.Number(),
      untilUs: Type.Number(),
      simulated: Type.Boolean(),
      repeated: Type.Integer(),
      connectionsAfter: Type.Integer({ description: 'That would not have come to be.' }),
    }),
  ),
  refusals: bounded(
    Type.Object({
      ...wished,
      guard: Type.String(),
      refused: Type.String(),
      count: Type.Integer(),
    }),
  ),
  incidents: bounded(IncidentSchema),
  losses: Type.Array(Type.String(), { description: 'What may be missing, in words.' }),
  tookMs: Type.Number(),
});
