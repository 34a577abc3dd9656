import { Command, InvalidArgumentError } from 'commander'
import { loadConfig } from '../config.js'
import { migrate, planMigration } from '../database/migrate.js'
import { createLog } from '../log.js'
import { openExisting, openForCommand } from './connect.js'

export function migrateCommand (): Command {
  return new Command('migrate')
    .description('Bring the database schema up to date. "meshmon serve" does it by itself.')
    .option('--down <count>', 'take back the newest migrations instead; their tables and data are lost', parseCount)
    .option('--dry-run', 'only print what would be run')
    .action(async ({ down, dryRun }: { down?: number, dryRun?: true }) => {
      const { config } = loadConfig()
      const log = createLog('warn')
      const wanted = down === undefined ? { direction: 'up' as const } : { direction: 'down' as const, count: down }
      const database = await (dryRun ? openExisting : openForCommand)(config, log)
      try {
        if (dryRun) {
          const plan = await planMigration(database.pool, wanted)
          process.stdout.write(plan.length === 0 ? 'Nothing would be run: the schema is current.\n' : plan.map((name) => `would ${down === undefined ? 'run' : 'take back'} ${name}\n`).join(''))
          return
        }
        const { edition, ran } = await migrate(database.pool, { ...wanted, log: (text) => log.info(text) })
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
