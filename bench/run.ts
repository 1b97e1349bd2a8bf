/** `make bench`: weir beside its peers, over captures that are built here. */

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH_FOLDER, ensureCapture } from './capture/cache.ts';
import { JOBS } from './jobs.ts';
import { Meter, warm } from './measure.ts';
import { parseRunOptions, RUN_HELP, type RunOptions } from './options.ts';
import { isInstalled, PEERS, type Peer } from './peers.ts';
import { type CaptureResult, renderReport, reportData } from './report.ts';
import { Session, type SessionOptions } from './session.ts';

function say(words: string): void {
  process.stderr.write(`bench: ${words}\n`);
}

async function run(options: RunOptions): Promise<void> {
  mkdirSync(BENCH_FOLDER, { recursive: true });
  removeLeftOvers();
  const wanted = PEERS.filter((peer) => options.peers.includes(peer.name));
  const peers: readonly Peer[] = wanted.filter((peer) => isInstalled(peer.name));
  const missing = wanted.filter((peer) => !isInstalled(peer.name)).map((peer) => peer.name);
  if (missing.length > 0) say(`not installed, so not compared with: ${missing.join(', ')}`);
  const { runs, limitSeconds } = options;
  const sessionOptions: SessionOptions = { meter: new Meter(), runs, limitSeconds, say };
  const results: CaptureResult[] = [];
  for (const kind of options.only) {
    const capture = await ensureCapture(kind, options, say);
    if (capture.note !== '') say(`${kind}: ${capture.note}`);
    warm(capture.path);
    results.push(await measure(new Session(capture, sessionOptions), options, peers, capture));
  }
  process.stdout.write(`${renderReport(results, options.scale)}\n`);
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(reportData(results), null, 2)}\n`);
  }
}

async function measure(
  session: Session,
  options: RunOptions,
  peers: readonly Peer[],
  capture: CaptureResult['capture'],
): Promise<CaptureResult> {
  const comparisons = [];
  const others = [];
  for (const { name } of PEERS) {
    if (!options.peers.includes(name)) continue;
    const peer = peers.find((entry) => entry.name === name);
    const jobs = JOBS.filter((job) => job.peer === name);
    const chosen = jobs.filter((job) => options.jobs.includes(job.name));
    if (chosen.length > 0) comparisons.push(...(await session.compare(chosen, peer)));
    else if (jobs.length === 0 && peer !== undefined) others.push(await session.once(peer));
  }
  return { capture, comparisons, others };
}

/** Folders of a run that was interrupted; half a million files at worst. */
function removeLeftOvers(): void {
  for (const name of readdirSync(BENCH_FOLDER)) {
    const [, pid] = /^(?:output|usage)-(\d+)/.exec(name) ?? [];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    rmSync(join(BENCH_FOLDER, name), { recursive: true, force: true });
  }
}

/** The arguments; a mistake in them ends with exit code 2. */
function optionsOrExit(): RunOptions | undefined {
  try {
    return parseRunOptions(process.argv.slice(2));
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)} (--help tells more)`);
    process.exit(2);
  }
}

const options = optionsOrExit();
if (options === undefined) {
  process.stdout.write(RUN_HELP);
} else {
  try {
    await run(options);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
