import { createRequire } from 'node:module'
import pino, { type Logger } from 'pino'

/** JSON lines on standard output; readable ones on a terminal. */
export function createLog (level: string): Logger {
  if (!process.stdout.isTTY) return pino({ level })
  const target = createRequire(import.meta.url).resolve('pino-pretty')
  return pino({ level, transport: { target, options: { ignore: 'pid,hostname', translateTime: 'HH:MM:ss' } } })
}
