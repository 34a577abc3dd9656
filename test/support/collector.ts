import { connect } from 'node:net'
import pino, { type Logger } from 'pino'
import type { Test } from 'tap'
import { loadConfig } from '../../src/config.js'
import { startCollector, type CollectorOptions } from '../../src/server.js'
import { createTestDatabase } from './database.js'

/** A whole collector on a fresh migrated database, listening on a free loopback port; gone at the test's end. */
export async function startTestCollector (t: Test, settings: Record<string, string> = {}, options: CollectorOptions & { log?: Logger } = {}) {
  const { pool, url: databaseUrl } = await createTestDatabase(t)
  const { config } = loadConfig({ DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: '0', ...settings })
  const collector = await startCollector(config, options.log ?? pino({ level: 'silent' }), options)
  t.teardown(() => collector.close())
  await collector.ready
  return { ...collector, pool, port: Number(new URL(collector.url).port) }
}

/** What an answer to one message may take: the oldest agent reads 511 bytes, once. */
export const longestAnswer = 500

/** A POST to /ingest as bytes; the server closes the connection after the answer. */
export function post (body: string | Buffer, headers: Record<string, string> = {}): Buffer {
  const lines = Object.entries({ Host: 'collector', Connection: 'close', 'Content-Length': String(Buffer.byteLength(body)), ...headers })
  return Buffer.concat([Buffer.from(`POST /ingest HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`), Buffer.from(body)])
}

export interface RawAnswer { status: number, headers: string, body: string, bytes: number }

/** Sends bytes over a TCP connection as they are and reads until the server closes it, at most ten seconds. */
export async function sendRaw (port: number, request: Buffer | string): Promise<RawAnswer> {
  const chunks: Buffer[] = []
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => { socket.write(request) })
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')))
    socket.on('data', (chunk) => chunks.push(chunk)).on('close', () => resolve()).on('error', reject)
  })
  const answer = Buffer.concat(chunks)
  const [headers = '', ...body] = answer.toString().split('\r\n\r\n')
  return { status: Number(headers.split(' ')[1]), headers, body: body.join('\r\n\r\n'), bytes: answer.length }
}
