import { createHash } from 'node:crypto'
import type { Config } from '../../config.js'
import { command } from './command.js'
import type { Message } from './message.js'
import { ntfy } from './ntfy.js'
import type { Result } from './retry.js'
import { webhook } from './webhook.js'

export interface Attempt {
  nowMs: number
  /** Ends the attempt; then `send` rejects, and whether the message arrived is not known. */
  signal: AbortSignal
}

export interface Target {
  /** For logs, answers and the table: without secrets, the same after a restart. */
  name: string
  send (message: Message, attempt: Attempt): Promise<Result>
}

/** Where one is, and how long one attempt may take. */
export interface Address { url: URL, name: string, deadlineMs: number }

export type TargetSettings = Pick<Config, 'NOTIFY_URLS' | 'NOTIFY_SECRET' | 'NOTIFY_COMMAND'>

/** A lease is longer than either. */
const httpDeadlineMs = 10_000
const commandDeadlineMs = 30_000

/** Everybody who is told, in the order of the settings. `deadlineMs` in place of 10 s for an answer, 30 s for the command. */
export function makeTargets ({ NOTIFY_URLS: urls, NOTIFY_SECRET: secret, NOTIFY_COMMAND: line }: TargetSettings, deadlineMs?: number): Target[] {
  const targets = urls.map((text) => {
    const url = new URL(text)
    const name = nameOf(url)
    const address = { url, name, deadlineMs: deadlineMs ?? httpDeadlineMs }
    return url.protocol.startsWith('ntfy') ? ntfy(address) : webhook(address, secret)
  })
  if (line !== undefined) targets.push(command(line, { name: 'command', deadlineMs: deadlineMs ?? commandDeadlineMs }))
  return [...new Map(targets.map((target) => [target.name, target])).values()]
}

/** Paths and topics are often all that keeps strangers out; a hash tells two of one host apart. A new password is no new target. */
function nameOf (url: URL): string {
  const { protocol, host, pathname, search } = url
  const hash = createHash('sha256').update(`${protocol}//${host}${pathname}${search}`).digest('hex').slice(0, 8)
  return `${protocol}//${host}/… (${hash})`
}
