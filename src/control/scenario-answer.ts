import { fields, flag, list, maybe, number, type Shape, text } from './shape.ts';

/** A scenario that runs, and how often it ran over. Times in microseconds since 1970, 0 where it never did. */
export interface ScenarioAnswer {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly file: string;
  readonly line: number;
  /** `Ip`, `Range`, or another word. */
  readonly scope: string;
  /** Who runs it over may be banned. */
  readonly remediation: boolean;
  /** How long; missing: the default. */
  readonly banMs?: number | undefined;
  /** It is only tried. */
  readonly simulated: boolean;
  readonly evidence: string;
  /** 0 to 100. */
  readonly threat: number;
  readonly techniques: readonly string[];
  readonly overflows: number;
  readonly firstUs: number;
  readonly lastUs: number;
  /** Whom it met, the latest first, at most 20. */
  readonly met: readonly { readonly value: string; readonly overflows: number; readonly lastUs: number }[];
}

/** All of them. */
export interface ScenarioList {
  /** Since when overflows are counted, in microseconds since 1970. */
  readonly sinceUs: number;
  /** Those that ran over most often first. */
  readonly scenarios: readonly ScenarioAnswer[];
  /** What is wrong in files, of which the scenarios are left out. */
  readonly mistakes: readonly {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
  }[];
}

/** One of them as its file has it. */
export interface ScenarioText extends ScenarioAnswer {
  readonly text: string;
}

const SCENARIO = {
  name: text,
  type: text,
  description: text,
  file: text,
  line: number,
  scope: text,
  remediation: flag,
  banMs: maybe(number),
  simulated: flag,
  evidence: text,
  threat: number,
  techniques: list(text),
  overflows: number,
  firstUs: number,
  lastUs: number,
  met: list(fields<ScenarioAnswer['met'][number]>({ value: text, overflows: number, lastUs: number })),
};
const scenario: Shape<ScenarioAnswer> = fields<ScenarioAnswer>(SCENARIO);

/** True for a list that came from outside. */
export const isScenarioList = fields<ScenarioList>({
  sinceUs: number,
  scenarios: list(scenario),
  mistakes: list(
    fields<ScenarioList['mistakes'][number]>({ file: text, line: number, column: number, message: text }),
  ),
});

/** The same for one of them. */
export const isScenarioText: Shape<ScenarioText> = fields<ScenarioText>({ ...SCENARIO, text });
