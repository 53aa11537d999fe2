export {
  type BenchGroup,
  type BenchTable,
  type Contestant,
  defineBench,
  type Goal,
  type MeasuredTable,
  type Stage,
} from './harness.ts'
export { type QueueServer, startQueueServer } from './queue-server.ts'
