import type { Call } from '../../../aws/operation.ts'
import { pageOf, pageStart } from '../../../aws/pages.ts'
import { type Archive, archiveArn } from '../archive.ts'
import { busOfArn } from '../bus.ts'
import type { EventBridgeDeps, EventBridgeOperation } from '../deps.ts'
import {
  alreadyExists,
  archiveNotFound,
  busNotFound,
  invalidNextToken,
  invalidParameter,
  unsupported,
} from '../errors.ts'
import type { ResourceEditor, ResourceReader } from '../store.ts'
import { findBus } from './buses.ts'
import { readPattern } from './rules.ts'

export const createArchive: EventBridgeOperation<'CreateArchive'> = async (deps, input, call) => {
  const { ArchiveName: name = '', EventSourceArn: sourceArn = '' } = input
  if (input.KmsKeyIdentifier) throw unsupported('Encryption with a KMS key (KmsKeyIdentifier)')
  if (input.EventPattern) readPattern(input.EventPattern)
  const bus = busOfArn(sourceArn)
  if (bus === undefined || bus.accountId !== call.accountId || bus.region !== call.region) {
    throw invalidParameter('EventSourceArn', 'Must contain an event bus ARN.')
  }
  const archive: Archive = {
    name,
    sourceArn,
    retentionDays: input.RetentionDays ?? 0,
    createdAt: deps.clock.now(),
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.EventPattern && { pattern: input.EventPattern }),
  }
  await deps.store.change(async (editor) => {
    if ((await findBus(editor, call, bus.name)) === undefined) throw busNotFound(bus.name)
    if ((await editor.find(call, 'archive', name)) !== undefined) throw alreadyExists('Archive', name)
    await save(deps, editor, call, archive)
  })
  return changed(call, archive)
}

export const updateArchive: EventBridgeOperation<'UpdateArchive'> = async (deps, input, call) => {
  if (input.KmsKeyIdentifier) throw unsupported('Encryption with a KMS key (KmsKeyIdentifier)')
  if (input.EventPattern) readPattern(input.EventPattern)
  const archive = await deps.store.change(async (editor) => {
    const before = await existingArchive(editor, call, input.ArchiveName)
    const after: Archive = {
      ...before,
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.EventPattern && { pattern: input.EventPattern }),
      ...(input.RetentionDays !== undefined && { retentionDays: input.RetentionDays }),
    }
    await save(deps, editor, call, after)
    return after
  })
  return changed(call, archive)
}

export const deleteArchive: EventBridgeOperation<'DeleteArchive'> = async (deps, input, call) => {
  await deps.store.change(async (editor) => {
    const archive = await existingArchive(editor, call, input.ArchiveName)
    await editor.remove(call, 'archive', archive.name)
    await editor.forgetArchive(call, archive.name)
    await tell(deps, editor, archive)
  })
  return {}
}

export const describeArchive: EventBridgeOperation<'DescribeArchive'> = async ({ store }, input, call) => {
  const archive = await existingArchive(store, call, input.ArchiveName)
  return {
    ArchiveArn: archiveArn(call, archive.name),
    ...(await shown(store, call, archive)),
    ...described(archive),
  }
}

function described({ description, pattern }: Archive) {
  return {
    ...(description !== undefined && { Description: description }),
    ...(pattern !== undefined && { EventPattern: pattern }),
  }
}

export const listArchives: EventBridgeOperation<'ListArchives'> = async ({ store }, input, call) => {
  const { limit, after } = pageStart(input, invalidNextToken)
  const source = input.EventSourceArn === undefined ? undefined : busOfArn(input.EventSourceArn)
  if (source !== undefined && (await findBus(store, call, source.name)) === undefined) {
    throw busNotFound(source.name)
  }
  const all = await store.list(call, 'archive', {
    ...(input.NamePrefix !== undefined && { prefix: input.NamePrefix }),
    ...(after !== undefined && { after }),
  })
  const wanted = all.filter(
    ({ sourceArn }) =>
      (input.EventSourceArn === undefined || sourceArn === input.EventSourceArn) &&
      (input.State === undefined || input.State === 'ENABLED'),
  )
  const { shown: page, rest } = pageOf(wanted, limit, ({ name }) => name)
  return { Archives: await Promise.all(page.map((archive) => shown(store, call, archive))), ...rest }
}

export async function existingArchive(
  store: ResourceReader,
  call: Call,
  name: string | undefined,
): Promise<Archive> {
  const archive = await store.find(call, 'archive', name ?? '')
  if (archive === undefined) throw archiveNotFound(name ?? '')
  return archive
}

async function save(
  deps: EventBridgeDeps,
  editor: ResourceEditor,
  call: Call,
  archive: Archive,
): Promise<void> {
  await editor.save(call, 'archive', archive)
  await tell(deps, editor, archive)
}

async function tell(deps: EventBridgeDeps, editor: ResourceEditor, { sourceArn }: Archive): Promise<void> {
  const bus = busOfArn(sourceArn)
  if (bus !== undefined) await deps.busChanged(editor, bus)
}

function changed(call: Call, { name, createdAt }: Archive) {
  return { ArchiveArn: archiveArn(call, name), State: 'ENABLED' as const, CreationTime: new Date(createdAt) }
}

async function shown({ archiveSize }: EventBridgeDeps['store'], call: Call, archive: Archive) {
  const { events, bytes } = await archiveSize(call, archive.name)
  return {
    ArchiveName: archive.name,
    EventSourceArn: archive.sourceArn,
    State: 'ENABLED' as const,
    RetentionDays: archive.retentionDays,
    SizeBytes: bytes,
    EventCount: events,
    CreationTime: new Date(archive.createdAt),
  }
}
