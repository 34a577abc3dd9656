import { Reader, Writer } from './bytes.js'
import { after, struct, uint } from './layout.js'
import type { RemoteRequest } from './types.js'

/** REQ_TYPE_… of the firmware. */
const kinds = { status: 1, telemetry: 3, access_list: 5, neighbours: 6 } as const

/** The first byte is an inverted mask of permissions: 0 asks for all that are allowed. The rest is reserved. */
const telemetryBody = new Uint8Array(4)
const accessListBody = new Uint8Array(2)
const neighbours = struct<{ count: number, offset: number, order: number, prefixLength: number, nonce: number }>({
  count: after(1, uint(1)), offset: uint(2), order: uint(1), prefixLength: uint(1), nonce: uint(4),
})
const neighboursBytes = 10

/** What command 50 carries behind the key. */
export interface RequestBytes { kind: number, body: Uint8Array }

export function encodeRequest (request: RemoteRequest): RequestBytes {
  switch (request.is) {
    case 'status': return { kind: kinds.status, body: new Uint8Array(0) }
    case 'telemetry': return { kind: kinds.telemetry, body: telemetryBody }
    case 'access_list': return { kind: kinds.access_list, body: accessListBody }
    case 'neighbours': {
      const writer = new Writer('neighbours request')
      neighbours.write(writer, request)
      return { kind: kinds.neighbours, body: writer.done() }
    }
    case 'unknown': return { kind: request.kind, body: request.body }
  }
}

/** A companion sends on whatever it is given: what a repeater would not answer is unknown, never an error. */
export function decodeRequest ({ kind, body }: RequestBytes): RemoteRequest {
  const allZero = body.every((byte) => byte === 0)
  if (kind === kinds.status) return { is: 'status' }
  if (kind === kinds.telemetry && allZero) return { is: 'telemetry' }
  if (kind === kinds.access_list && allZero) return { is: 'access_list' }
  if (kind === kinds.neighbours && body.length >= neighboursBytes && body[0] === 0) return { is: 'neighbours', ...neighbours.read(new Reader(body, 'neighbours request')) }
  return { is: 'unknown', kind, body }
}
