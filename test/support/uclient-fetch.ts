import { createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'

/**
 * Stands in for OpenWrt's uclient-fetch (and busybox wget, which takes the same options): `-q -O FILE|- [--post-file=FILE] URL`, a request as they write it, exit code 8
 * for any answer but 2xx, 4 where nobody answers. It reads until the server closes or the announced length is there.
 */
const args = process.argv.slice(2)
const url = new URL(args.at(-1) ?? '')
const output = args.find((_, i) => /^-q?O$/.test(args[i - 1] ?? '')) ?? (args.includes('-qO-') ? '-' : '')
const file = args.find((arg) => arg.startsWith('--post-file='))?.slice('--post-file='.length)
const body = file === undefined ? null : readFileSync(file)

const head = [
  `${body === null ? 'GET' : 'POST'} ${url.pathname}${url.search} HTTP/1.1`,
  `Host: ${url.host}`,
  'User-Agent: uclient-fetch',
  ...body === null ? [] : ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`],
  '', '',
]
const socket = connect(Number(url.port || 80), url.hostname, () => socket.write(Buffer.concat([Buffer.from(head.join('\r\n')), body ?? Buffer.alloc(0)])))
let answer = Buffer.alloc(0)
socket.setTimeout(10_000, () => process.exit(4))
socket.on('error', () => process.exit(4))
socket.on('data', (chunk: Buffer) => {
  answer = Buffer.concat([answer, chunk])
  const end = answer.indexOf('\r\n\r\n')
  const length = Number(/^content-length: *(\d+)/im.exec(answer.toString('latin1', 0, Math.max(0, end)))?.[1] ?? Infinity)
  if (end >= 0 && answer.length >= end + 4 + length) finish(answer.subarray(end + 4))
})
socket.on('end', () => finish(answer.subarray(answer.indexOf('\r\n\r\n') + 4)))

function finish (content: Buffer): void {
  socket.destroy()
  if (!/^HTTP\/1\.[01] 2\d\d /.test(answer.toString('latin1', 0, 16))) process.exit(8)
  if (output === '-') createWriteStream('', { fd: 1 }).end(content)
  else writeFileSync(output, content)
}
