import Type from 'typebox';
import { CountSchema } from './addresses.ts';

/** What is in rules. */
export const RuleCountsSchema = Type.Object({
  rules: Type.Integer(),
  phases: Type.Record(Type.String(), Type.Integer()),
  paranoia: Type.Record(Type.String(), Type.Integer(), {
    description: 'By level of the Core Rule Set; none: rules of every level.',
  }),
  leftOut: Type.Array(Type.String(), { description: 'Rules that cannot run on this machine, and why.' }),
});

/** Something that a rule matched. Secrets are taken out. */
export const RuleHitSchema = Type.Object({
  timeUs: Type.Number(),
  reference: Type.String({ description: 'Of the request.' }),
  address: Type.String(),
  method: Type.String(),
  host: Type.String(),
  path: Type.String(),
  action: Type.String(),
  variable: Type.String(),
  value: Type.String(),
});

/** The rules in force, and what they found. */
export const WafSchema = Type.Object({
  enabled: Type.Boolean(),
  mode: Type.Enum(['on', 'detection'], { description: 'detection: nothing is blocked.' }),
  paranoia: Type.Integer(),
  responses: Type.Boolean({ description: 'Answers are judged, too.' }),
  origin: Type.String({ description: 'Where the rules are from, in words.' }),
  counts: Type.Optional(RuleCountsSchema),
  problem: Type.String({ description: 'Why the rules cannot be told of; empty where they can.' }),
  sinceUs: Type.Number({ description: 'Since when matches are counted.' }),
  matches: Type.Integer(),
  blocked: Type.Integer({ description: 'Matches in requests that were not let through.' }),
  categories: Type.Array(CountSchema),
  rules: Type.Array(
    Type.Object({
      id: Type.Integer(),
      message: Type.String(),
      category: Type.String(),
      severity: Type.String(),
      count: Type.Integer(),
      lastUs: Type.Number(),
    }),
    { description: 'Those that matched most often first.' },
  ),
  hosts: Type.Array(CountSchema),
});

const operator = Type.Object({
  name: Type.String(),
  description: Type.String(),
  negated: Type.Boolean(),
  argument: Type.String(),
  macro: Type.Boolean(),
  engine: Type.Optional(Type.String()),
  literals: Type.Array(Type.Array(Type.String())),
});

/** A rule that is in force. */
export const WafRuleSchema = Type.Object({
  id: Type.Integer(),
  phase: Type.Integer(),
  file: Type.String(),
  line: Type.Integer(),
  text: Type.String({ description: 'SecLang, as its file has it.' }),
  message: Type.String(),
  severity: Type.String(),
  category: Type.String(),
  tags: Type.Array(Type.String()),
  paranoia: Type.Optional(Type.Integer()),
  disruption: Type.String(),
  log: Type.Boolean(),
  links: Type.Array(
    Type.Object({
      targets: Type.Array(Type.String()),
      transformations: Type.Array(Type.Object({ name: Type.String(), description: Type.String() })),
      operator: Type.Optional(operator),
      multiMatch: Type.Boolean(),
      capture: Type.Boolean(),
      changes: Type.Array(Type.String()),
    }),
  ),
  count: Type.Integer({ description: 'How often it matched since `sinceUs`.' }),
  sinceUs: Type.Number(),
  hits: Type.Array(RuleHitSchema, { description: 'What it matched lately, the newest first.' }),
});

/** The identifier of a rule. */
export const RuleParams = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 4_294_967_295 }) });

const rulesText = Type.String({
  minLength: 1,
  maxLength: 262_144,
  description: 'SecLang; files cannot be named in it.',
});

/** A text of rules. */
export const WafCheckBody = Type.Object({ text: rulesText }, { additionalProperties: false });

const mistakes = Type.Array(
  Type.Object({ line: Type.Integer({ description: 'From 1.' }), message: Type.String() }),
);

/** What is in it. */
export const WafCheckedSchema = Type.Object({ mistakes, counts: Type.Optional(RuleCountsSchema) });

/** A request, and rules to judge it by; without a word of them those that are in force. */
export const WafTestBody = Type.Object(
  {
    request: Type.String({
      minLength: 1,
      maxLength: 262_144,
      description: 'As it is sent: request line, headers, an empty line, the body.',
    }),
    rules: Type.Optional(rulesText),
    crs: Type.Optional(
      Type.Boolean({ description: "Judge by the rules in force, or Debian's Core Rule Set; default true." }),
    ),
    paranoia: Type.Optional(Type.Integer({ minimum: 1, maximum: 4 })),
    client: Type.String({ default: '192.0.2.1', minLength: 2, maxLength: 45 }),
  },
  { additionalProperties: false },
);

/** How it was judged. */
export const WafTestedSchema = Type.Object({
  method: Type.String(),
  target: Type.String(),
  detectionOnly: Type.Boolean(),
  action: Type.Enum(['pass', 'deny', 'drop', 'redirect']),
  status: Type.Integer(),
  location: Type.String(),
  ruleId: Type.Integer({ description: 'The rule that decided; 0 where none did.' }),
  limit: Type.String({ description: 'Why it could not be judged wholly; empty where it was.' }),
  score: Type.Object({ inbound: Type.Number(), outbound: Type.Number() }),
  categories: Type.Array(
    Type.Object({ category: Type.String(), matches: Type.Integer(), points: Type.Number() }),
  ),
  matches: Type.Array(
    Type.Object({
      id: Type.Integer(),
      phase: Type.Integer(),
      message: Type.String(),
      data: Type.String(),
      severity: Type.String(),
      tags: Type.Array(Type.String()),
      category: Type.String(),
      variable: Type.String(),
      value: Type.String(),
      part: Type.Optional(Type.Object({ start: Type.Integer(), length: Type.Integer() })),
      operator: Type.String(),
      line: Type.Integer({ description: 'In the given rules; 0 for others.' }),
    }),
  ),
  rules: Type.Integer(),
  tookMs: Type.Number(),
});
