// Prints each flow of the captures given as arguments: node examples/flows.ts demo/captures
import type { RecordSink } from '../src/event/index.ts';
import { openCaptures } from '../src/tap/capture/index.ts';
import { createEngine, DEFAULT_SETTINGS } from '../src/tap/create.ts';
import { Sensor } from '../src/tap/sensor.ts';

const sink: RecordSink = {
  transaction() {},
  anomaly() {},
  flow(flow) {
    const bytes = flow.bytes[0] + flow.bytes[1];
    console.log(flow.clientAddress, '->', flow.serverAddress, flow.serverPort, flow.app.protocol, bytes);
  },
};

const captures = await openCaptures(process.argv.slice(2));
const sensor = new Sensor(await createEngine({ ...DEFAULT_SETTINGS, sink }), { decoder: {} });
for await (const batch of captures.batches()) sensor.batch(batch);
sensor.end();
