import { AwsError } from '../../aws/error.ts'
import { invalidRange, invalidRequest } from './errors.ts'
import type { ByteSpan } from './files.ts'
import { type ObjectVersion, sizeOf } from './object.ts'

/** Which bytes of an object are asked for. */
export interface Selection {
  readonly span: ByteSpan
  /** To be answered 206. */
  readonly isPart: boolean
  /** Where a part was asked for by its number. */
  readonly partsCount?: number
}

interface Asked {
  readonly Range?: string | undefined
  readonly PartNumber?: number | undefined
}

/** @throws InvalidRange, InvalidPartNumber */
export function selectBytes(version: ObjectVersion, { Range, PartNumber }: Asked): Selection {
  if (Range !== undefined && PartNumber !== undefined) {
    throw invalidRequest('Cannot specify both Range header and partNumber query parameter')
  }
  const size = sizeOf(version)
  if (PartNumber !== undefined) return selectPart(version, PartNumber)
  const span = Range === undefined ? undefined : readRange(Range, size)
  return span === undefined ? { span: { start: 0, end: size - 1 }, isPart: false } : { span, isPart: true }
}

/** RFC 9110, 14.2: of one range. Whatever else `Range` says is ignored, as S3 does with several. */
function readRange(header: string, size: number): ByteSpan | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    if (Number(last) === 0 || size === 0) throw invalidRange(header, size)
    return { start: Math.max(size - Number(last), 0), end: size - 1 }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) throw invalidRange(header, size)
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

function selectPart({ files }: ObjectVersion, number: number): Selection {
  const file = files[number - 1]
  if (file === undefined) {
    throw new AwsError('InvalidPartNumber', 'The requested partnumber is not satisfiable', {
      status: 416,
      members: { PartNumberRequested: String(number), ActualPartCount: String(files.length) },
    })
  }
  const start = files.slice(0, number - 1).reduce((sum, { bytes }) => sum + bytes, 0)
  return { span: { start, end: start + file.bytes - 1 }, isPart: file.bytes > 0, partsCount: files.length }
}
