import { createRequire } from 'node:module'
import pino, { type Logger } from 'pino'

/** JSON lines on standard output, or on standard error for commands that print an answer; readable ones on a terminal. */
export function createLog (level: string, stream: NodeJS.WriteStream = process.stdout): Logger {
  const fd = stream === process.stderr ? 2 : 1
  if (!stream.isTTY) return pino({ level }, pino.destination(fd))
  const target = createRequire(import.meta.url).resolve('pino-pretty')
  return pino({ level, transport: { target, options: { ignore: 'pid,hostname', translateTime: 'HH:MM:ss', destination: fd } } })
}
