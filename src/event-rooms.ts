import type { Operations } from './aws/service.ts'
import { createSwitchboard, type PortSources, type Switchboard } from './aws/switchboard.ts'
import type { WebAccess } from './aws/web-access.ts'
import { LazyRoom } from './lazy-room.ts'
import type { RoomsDeps } from './rooms.ts'
import { eventBridgeHasWork } from './services/eventbridge/has-work.ts'
import { pipesHaveWork } from './services/pipes/has-work.ts'
import { s3HasWork } from './services/s3/has-work.ts'
import { schedulerHasWork } from './services/scheduler/has-work.ts'
import type { SnsDoors } from './services/sns/doors.ts'
import { snsHasWork } from './services/sns/has-work.ts'
import { sqsHasWork } from './services/sqs/has-work.ts'

/** The services that send events to functions and to one another, each loaded when first needed. */
export interface EventRooms {
  readonly switchboard: Switchboard
  readonly services: {
    readonly [Id in 'sqs' | 's3' | 'sns' | 'eventbridge' | 'scheduler' | 'pipes']: () => Promise<Operations>
  }
  /** What SNS shows beside its API. */
  readonly sns: SnsDoors
  /** What S3 answers to web pages. */
  readonly s3WebAccess: () => Promise<WebAccess>
  /** In the order in which they start. */
  readonly parts: readonly LazyRoom<{ start(): unknown; stop(): unknown }>[]
}

/** Builds them, and the switchboard between them and the rooms whose ports are given. */
export function createEventRooms(
  { stores, clock, random }: RoomsDeps,
  { ports, reportFault }: { readonly ports: PortSources; readonly reportFault: (error: unknown) => void },
): EventRooms {
  const deps = { ...stores, clock, random, reportFault }
  const sqs = new LazyRoom({
    build: async () => {
      const { createSqsRoom } = await import('./services/sqs/room.ts')
      return createSqsRoom(deps)
    },
    hasWork: () => sqsHasWork(stores.database),
  })
  const sns = new LazyRoom({
    build: async () => {
      const { createSnsRoom } = await import('./services/sns/room.ts')
      return createSnsRoom({ ...deps, switchboard })
    },
    hasWork: () => snsHasWork(stores.database),
  })
  const eventbridge = new LazyRoom({
    build: async () => {
      const { createEventBridgeRoom } = await import('./services/eventbridge/room.ts')
      return createEventBridgeRoom({ ...deps, switchboard })
    },
    hasWork: () => eventBridgeHasWork(stores.database),
  })
  const scheduler = new LazyRoom({
    build: async () => {
      const { createSchedulerRoom } = await import('./services/scheduler/room.ts')
      return createSchedulerRoom({ ...deps, switchboard })
    },
    hasWork: () => schedulerHasWork(stores.database),
  })
  const s3 = new LazyRoom({
    build: async () => {
      const { createS3Room } = await import('./services/s3/room.ts')
      return createS3Room({ ...deps, switchboard, folder: stores.folder.path })
    },
    hasWork: () => s3HasWork(stores.database),
  })
  const pipes = new LazyRoom({
    build: async () => {
      const { createPipesRoom } = await import('./services/pipes/room.ts')
      return createPipesRoom({ ...deps, switchboard })
    },
    hasWork: () => pipesHaveWork(stores.database),
  })
  const switchboard = createSwitchboard({
    ...ports,
    sqs: async () => (await sqs.get()).port,
    sns: async () => (await sns.get()).port,
    events: async () => (await eventbridge.get()).port,
    s3: async () => (await s3.get()).port,
  })
  return {
    switchboard,
    services: {
      sqs: async () => (await sqs.get()).operations,
      sns: async () => (await sns.get()).operations,
      eventbridge: async () => (await eventbridge.get()).operations,
      s3: async () => (await s3.get()).operations,
      scheduler: async () => (await scheduler.get()).operations,
      pipes: async () => (await pipes.get()).operations,
    },
    sns: {
      certificate: async (id) => (await sns.get()).doors.certificate(id),
      outbox: {
        list: async (scope, to) => (await sns.get()).doors.outbox.list(scope, to),
        clear: async (scope) => (await sns.get()).doors.outbox.clear(scope),
        optOut: async (scope, number) => (await sns.get()).doors.outbox.optOut(scope, number),
      },
    },
    s3WebAccess: async () => (await s3.get()).webAccess,
    parts: [sqs, sns, s3, eventbridge, scheduler, pipes],
  }
}
