export {
  type BatchHandler,
  type Bus,
  BusError,
  type BusStatistics,
  type PublishOptions,
  type Receipt,
  type RecordBatch,
  type SubscribeOptions,
  type SubscriberStatistics,
  type Subscription,
  type TopicStatistics,
} from './bus.ts';
export { IpcBus, type IpcBusOptions } from './ipc.ts';
export { childPort, type Port, parentPort, portPair } from './port.ts';
export { Relay, type RelayOptions } from './relay.ts';
