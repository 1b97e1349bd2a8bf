/** go-ftw's tests of the Core Rule Set, run against the engine. */
export { type Failure, type RegressionOptions, type RegressionSummary, runRegression } from './run.ts';
export { RulesFolderError } from './set-up.ts';
export { TestFileError } from './test-file.ts';
