#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { Interrupted } from './commands/signals.js'
import { ConfigError } from './config.js'
import { RuleSettingsError } from './rules/settings/settings.js'
import { version } from './version.js'

const usageError = 2
const interrupted = 130

// Whoever read along has seen enough: `meshmon radio doctor | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

/** In the order of the help. A command that is named is loaded alone. */
const commands: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./commands/serve.js')).serveCommand(),
  migrate: async () => (await import('./commands/migrate.js')).migrateCommand(),
  config: async () => (await import('./commands/config.js')).configCommand(),
  doctor: async () => (await import('./commands/doctor.js')).doctorCommand(),
  rules: async () => (await import('./commands/rules.js')).rulesCommand(),
  replay: async () => (await import('./commands/replay.js')).replayCommand(),
  report: async () => (await import('./commands/report.js')).reportCommand(),
  radio: async () => (await import('./commands/radio/command.js')).radioCommand(),
  aredn: async () => (await import('./commands/aredn/command.js')).arednCommand(),
  notify: async () => (await import('./commands/notify.js')).notifyCommand(),
  backup: async () => (await import('./commands/backup.js')).backupCommand(),
  restore: async () => (await import('./commands/restore.js')).restoreCommand(),
  copy: async () => (await import('./commands/copy.js')).copyCommand(),
  'import-meshcore-stats': async () => (await import('./commands/import-meshcore-stats.js')).importMeshcoreStatsCommand(),
  site: async () => (await import('./commands/site.js')).siteCommand(),
  sql: async () => (await import('./commands/sql.js')).sqlCommand(),
  simulate: async () => (await import('./simulate/command.js')).simulateCommand(),
}
const named = Object.entries(commands).filter(([name]) => name === process.argv[2])
const wanted = named.length > 0 ? named : Object.entries(commands)

const program = new Command('meshmon')
  .description('Collector and analyser for ham-radio mesh networks.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(meshmon --help lists the commands)')
for (const [, load] of wanted) program.addCommand((await load()).copyInheritedSettings(program))

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

/** 0 for help and version, 2 for a wrong call or wrong settings, 130 after Ctrl-C, 1 for what failed. Commander has printed its own message. */
function exitCodeOf (error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageError
  if (error instanceof Interrupted) return interrupted
  process.stderr.write(`meshmon: ${error instanceof Error ? error.message : String(error)}\n`)
  return error instanceof ConfigError || error instanceof RuleSettingsError ? usageError : 1
}
