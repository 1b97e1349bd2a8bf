/** How far a rule is switched off. */
export interface Exclusion {
  /** What it does, in words. */
  readonly title: string;
  /** SecLang, behind the rules that are in force. */
  readonly text: string;
}

/** Where local rules have their identifiers. */
const FIRST_ID = 10_000;
/** Phases in which a rule before them can still take something from them. */
const LATER_PHASE = 2;

/** What a rule matched. */
export interface Matched {
  readonly id: number;
  readonly phase: number;
  /** As `ARGS:q`. */
  readonly variable: string;
  /** Without the query; empty: unknown. */
  readonly path: string;
}

/** Ways to keep a rule from matching the same again, the narrowest first. */
export function exclusionsOf({ id, phase, variable, path }: Matched): readonly Exclusion[] {
  // A name that would end the text that it is put into can only be left out as a whole.
  const target = /^[A-Z_]+(?::[\w.\-[\]]+)?$/i.test(variable) ? variable : '';
  const place = /^\/[\w./~%-]*$/.test(path) ? path : '';
  const own = FIRST_ID + (id % FIRST_ID);
  return [
    ...(target !== '' && place !== '' && phase >= LATER_PHASE
      ? [
          {
            title: `Rule ${id} looks at ${target} no longer below ${place}`,
            text: `SecRule REQUEST_URI "@beginsWith ${place}" "id:${own},phase:1,pass,nolog,ctl:ruleRemoveTargetById=${id};${target}"`,
          },
        ]
      : []),
    ...(target === ''
      ? []
      : [
          {
            title: `Rule ${id} looks at ${target} nowhere any more`,
            text: `SecRuleUpdateTargetById ${id} "!${target}"`,
          },
        ]),
    { title: `Rule ${id} is off`, text: `SecRuleRemoveById ${id}` },
  ];
}
