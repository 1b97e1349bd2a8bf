import type { RecordSink } from '../../src/event/index.ts';
import { EveWriter, Sinks, SummaryCollector, ZeekWriter } from '../../src/output/index.ts';

/** An input made the program write something that it must not. */
export class WrongOutput extends Error {
  override name = 'WrongOutput';
}

/** Bytes of records that one input of at most half a megabyte may cause. */
const MOST_OUTPUT = 128 << 20;

/** All renderings of all records at once; every line is looked at. `most` bytes may be written in all. */
export function checkedSinks(most = MOST_OUTPUT): RecordSink {
  let written = 0;
  const count = (line: string): void => {
    written += line.length;
    if (written > most) throw new WrongOutput(`more than ${most} bytes of records`);
  };
  const eve = new EveWriter(
    {
      write: (line) => {
        count(line);
        checkEve(line);
      },
      close: () => {},
    },
    // Every type, `netflow` too.
    { types: { has: () => true } },
  );
  const zeek = new ZeekWriter((name) => {
    let columns = 0;
    return {
      write: (line) => {
        count(line);
        columns = checkZeek(name, line, columns);
      },
      close: () => {},
    };
  });
  return new Sinks([eve, zeek, new SummaryCollector()]);
}

function checkEve(line: string): void {
  if (line.indexOf('\n') !== line.length - 1) throw new WrongOutput(`not one line: ${line.slice(0, 300)}`);
  try {
    JSON.parse(line);
  } catch {
    throw new WrongOutput(`not JSON: ${line.slice(0, 300)}`);
  }
}

/** Returns the number of columns, once the header has said it. */
function checkZeek(name: string, line: string, columns: number): number {
  if (line.startsWith('#separator')) {
    const fields = line.split('\n').find((part) => part.startsWith('#fields'));
    return (fields?.split('\t').length ?? 1) - 1;
  }
  if (line.indexOf('\n') !== line.length - 1 || line.split('\t').length !== columns) {
    throw new WrongOutput(`${name}: not one row of ${columns} columns: ${line.slice(0, 300)}`);
  }
  return columns;
}
