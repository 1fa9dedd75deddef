import type { ProtocolName } from '../../aws/service.ts'
import { awsJson10, awsJson11 } from './aws-json.ts'
import { awsQuery } from './aws-query.ts'
import type { Protocol } from './protocol.ts'
import { restJson } from './rest-json.ts'
import { restXml } from './rest-xml.ts'
import { rpcv2Cbor } from './rpcv2-cbor.ts'

export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  restJson1: restJson,
  restXml,
  awsJson1_0: awsJson10,
  awsJson1_1: awsJson11,
  awsQuery,
  rpcv2Cbor,
}
