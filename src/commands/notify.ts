import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import { loadConfig } from '../config.js'
import { testMessage } from '../incidents/notify/message.js'
import { publicUrlOf } from '../incidents/notify/notifier.js'
import { makeTargets } from '../incidents/notify/target.js'

export function notifyCommand (): Command {
  return new Command('notify')
    .description('Try out who is told of issues.')
    .addCommand(new Command('test')
      .description('Send a test message to every target of NOTIFY_URLS and NOTIFY_COMMAND, at once and without the database; exit code 1 where one fails.')
      .action(sendTest))
}

async function sendTest (): Promise<void> {
  const { config } = loadConfig()
  const targets = makeTargets(config)
  if (targets.length === 0) throw new Error('nobody would be told: set NOTIFY_URLS or NOTIFY_COMMAND (docs/notifications.md)')
  const nowMs = Date.now()
  const message = testMessage({ key: `test/${randomUUID()}`, atMs: nowMs, publicUrl: publicUrlOf(config) })
  const results = await Promise.all(targets.map(async ({ name, send }) => ({ name, result: await send(message, { nowMs, signal: new AbortController().signal }) })))
  for (const { name, result } of results) {
    process.stdout.write(result.is === 'sent' ? `ok      ${name}: ${result.detail}\n` : `failed  ${name}: ${result.reason}\n`)
  }
  const failed = results.filter(({ result }) => result.is === 'failed').length
  if (failed > 0) throw new Error(`${failed} of ${results.length} targets did not take the test message`)
}
