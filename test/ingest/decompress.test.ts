import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { decompress } from '../../src/ingest/decompress.js'

const limit = 1000
const body = Buffer.from('{"a":1}')

t.test('gzip, both forms of deflate and no encoding', async (t) => {
  const ok = { ok: true, bytes: body }
  t.same(await decompress(body, undefined, limit), ok)
  t.same(await decompress(body, '', limit), ok)
  t.same(await decompress(body, 'identity', limit), ok)
  t.same(await decompress(gzipSync(body), 'gzip', limit), ok)
  t.same(await decompress(gzipSync(body), ' X-GZIP ', limit), ok)
  t.same(await decompress(deflateSync(body), 'deflate', limit), ok)
  t.same(await decompress(deflateRawSync(body), 'deflate', limit), ok)
})

t.test('encodings are undone from the last to the first, two at most', async (t) => {
  t.same(await decompress(gzipSync(deflateSync(body)), 'deflate, gzip', limit), { ok: true, bytes: body })
  t.match(await decompress(gzipSync(deflateSync(body)), 'gzip, deflate', limit), { ok: false, status: 400, detail: 'the body is not valid deflate' })
  t.match(await decompress(body, 'gzip, gzip, gzip', limit), { ok: false, status: 415 })
})

t.test('an unknown encoding', async (t) => {
  for (const encoding of ['br', 'constructor', 'gzip;q=1']) t.match(await decompress(body, encoding, limit), { ok: false, status: 415 }, encoding)
})

t.test('a stream that is cut off or none at all', async (t) => {
  t.match(await decompress(gzipSync(body).subarray(0, 20), 'gzip', limit), { ok: false, status: 400, detail: 'the body is not valid gzip' })
  t.match(await decompress(deflateSync(body).subarray(0, 8), 'deflate', limit), { ok: false, status: 400 })
  t.match(await decompress(body, 'gzip', limit), { ok: false, status: 400 })
  t.match(await decompress(Buffer.alloc(0), 'gzip', limit), { ok: false, status: 400 })
})

t.test('what grows beyond the limit is stopped there', async (t) => {
  const tooLarge = { ok: false, status: 413, detail: 'the body is larger than 1000 bytes when decompressed' }
  t.match(await decompress(gzipSync(Buffer.alloc(limit)), 'gzip', limit), { ok: true })
  t.same(await decompress(gzipSync(Buffer.alloc(limit + 1)), 'gzip', limit), tooLarge)
  t.same(await decompress(gzipSync(Buffer.alloc(100_000_000)), 'gzip', limit), tooLarge)
  t.same(await decompress(gzipSync(gzipSync(Buffer.alloc(10_000_000))), 'gzip, gzip', limit), tooLarge)
  t.match(await decompress(Buffer.alloc(limit + 1), undefined, limit), { ok: false, status: 413 })
})
