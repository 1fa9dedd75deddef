import type { Call } from '../../../aws/operation.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import { type Replay, replayArn } from '../archive.ts'
import { busOfArn } from '../bus.ts'
import type { EventBridgeOperation } from '../deps.ts'
import {
  alreadyExists,
  archiveNotFound,
  busNotFound,
  illegalStatus,
  invalidNextToken,
  invalidParameter,
  limitExceeded,
  replayNotFound,
} from '../errors.ts'
import { isSameBus } from '../replays.ts'
import type { ResourceReader } from '../store.ts'
import { findBus } from './buses.ts'

/** Amazon EventBridge User Guide, "Quotas": replays at work in an account and region. */
const ACTIVE_MAX = 10
const ACTIVE: readonly Replay['state'][] = ['STARTING', 'RUNNING', 'CANCELLING']

export const startReplay: EventBridgeOperation<'StartReplay'> = async (deps, input, call) => {
  const {
    ReplayName: name = '',
    EventSourceArn: archiveArn = '',
    Destination,
    EventStartTime,
    EventEndTime,
  } = input
  const from = EventStartTime?.getTime() ?? 0
  const to = EventEndTime?.getTime() ?? 0
  if (from >= to) throw invalidParameter('EventEndTime', 'EventStartTime must be before EventEndTime.')
  const destinationArn = Destination?.Arn ?? ''
  const now = deps.clock.now()
  const replay: Replay = {
    name,
    archiveArn,
    destinationArn,
    ruleArns: Destination?.FilterArns ?? [],
    from,
    to,
    state: 'STARTING',
    startedAt: now,
    ...(input.Description !== undefined && { description: input.Description }),
  }
  await deps.store.change(async (editor) => {
    if ((await editor.find(call, 'replay', name)) !== undefined) throw alreadyExists('Replay', name)
    const archiveName = archiveArn.split('/').pop() ?? ''
    const archive = await editor.find(call, 'archive', archiveName)
    if (archive === undefined) throw invalidParameter('EventSourceArn', archiveNotFound(archiveName).message)
    const destination = busOfArn(destinationArn)
    if (destination !== undefined && (await findBus(editor, call, destination.name)) === undefined) {
      throw busNotFound(destination.name)
    }
    if (!isSameBus(destinationArn, archive.sourceArn)) {
      throw invalidParameter('Destination.Arn', 'Cross event bus replay is not permitted.')
    }
    const replays = await editor.list(call, 'replay', {})
    if (replays.filter(({ state }) => ACTIVE.includes(state)).length >= ACTIVE_MAX) throw limitExceeded()
    await editor.save(call, 'replay', replay, now)
  })
  deps.wake('replay', now)
  return { ReplayArn: replayArn(call, name), State: 'STARTING', ReplayStartTime: new Date(now) }
}

export const cancelReplay: EventBridgeOperation<'CancelReplay'> = async (deps, input, call) => {
  const name = input.ReplayName ?? ''
  const now = deps.clock.now()
  await deps.store.change(async (editor) => {
    const replay = await existingReplay(editor, call, name)
    if (replay.state !== 'STARTING' && replay.state !== 'RUNNING') throw illegalStatus('Replay', name)
    await editor.save(call, 'replay', { ...replay, state: 'CANCELLING' }, now)
  })
  deps.wake('replay', now)
  return { ReplayArn: replayArn(call, name), State: 'CANCELLING' }
}

export const describeReplay: EventBridgeOperation<'DescribeReplay'> = async ({ store }, input, call) => {
  const replay = await existingReplay(store, call, input.ReplayName ?? '')
  return {
    ...shown(replay),
    ReplayArn: replayArn(call, replay.name),
    Destination: {
      Arn: replay.destinationArn,
      ...(replay.ruleArns.length > 0 && { FilterArns: [...replay.ruleArns] }),
    },
    ...(replay.description !== undefined && { Description: replay.description }),
  }
}

export const listReplays: EventBridgeOperation<'ListReplays'> = async ({ store }, input, call) => {
  const { limit, after } = pageStart(input, invalidNextToken)
  const all = await store.list(call, 'replay', {
    ...(input.NamePrefix !== undefined && { prefix: input.NamePrefix }),
    ...(after !== undefined && { after }),
  })
  const wanted = all.filter(
    ({ state, archiveArn }) =>
      (input.State === undefined || state === input.State) &&
      (input.EventSourceArn === undefined || archiveArn === input.EventSourceArn),
  )
  const { shown: page, rest } = pageOf(wanted, limit, ({ name }) => name)
  return { Replays: page.map(shown), ...rest }
}

async function existingReplay(store: ResourceReader, call: Call, name: string): Promise<Replay> {
  const replay = await store.find(call, 'replay', name)
  if (replay === undefined) throw replayNotFound(name)
  return replay
}

function shown({ name, archiveArn, state, from, to, reached, startedAt, endedAt }: Replay) {
  return {
    ReplayName: name,
    EventSourceArn: archiveArn,
    State: state,
    EventStartTime: new Date(from),
    EventEndTime: new Date(to),
    ReplayStartTime: new Date(startedAt),
    ...(reached !== undefined && { EventLastReplayedTime: new Date(reached.time) }),
    ...(endedAt !== undefined && { ReplayEndTime: new Date(endedAt) }),
  }
}
