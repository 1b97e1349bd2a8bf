export { runScenarioTest, type ScenarioTestOptions, type ScenarioTestResult } from './case.ts';
export { type EngineOptions, type EngineStatistics, ScenarioEngine } from './engine.ts';
export type { DecisionQuestion } from './expression/index.ts';
export { type LoadedScenarios, type LoadOptions, loadScenarios } from './loader.ts';
export { formatMistake, type ScenarioMistake } from './mistake.ts';
export type { Scenario, ScenarioScope, ScenarioType } from './scenario.ts';
