import { Command, InvalidArgumentError } from 'commander'
import { loadConfig } from '../config.js'
import { migrate } from '../database/migrate.js'
import { createLog } from '../log.js'
import { openForCommand } from './connect.js'

export function migrateCommand (): Command {
  return new Command('migrate')
    .description('Bring the database schema up to date. "meshmon serve" does it by itself.')
    .option('--down <count>', 'take back the newest migrations instead; their tables and data are lost', parseCount)
    .action(async ({ down }: { down?: number }) => {
      const { config } = loadConfig()
      const log = createLog('warn')
      const database = await openForCommand(config, log)
      try {
        const line = (text: string) => log.info(text)
        const { edition, ran } = await migrate(database.pool, down === undefined ? { direction: 'up', log: line } : { direction: 'down', count: down, log: line })
        process.stdout.write(ran.length === 0 ? `The schema is current (${edition} edition).\n` : `${ran.join('\n')}\n`)
      } finally {
        await database.close()
      }
    })
}

function parseCount (text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('must be a number from 1 on.')
  return count
}
