#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { configCommand } from './commands/config.js'
import { migrateCommand } from './commands/migrate.js'
import { rulesCommand } from './commands/rules.js'
import { serveCommand } from './commands/serve.js'
import { sqlCommand } from './commands/sql.js'
import { ConfigError } from './config.js'
import { RuleSettingsError } from './rules/settings/read.js'
import { simulateCommand } from './simulate/command.js'
import { version } from './version.js'

const usageError = 2

const program = new Command('meshmon')
  .description('Collector and analyser for ham-radio mesh networks.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(meshmon --help lists the commands)')
  .addCommand(serveCommand())
  .addCommand(migrateCommand())
  .addCommand(configCommand())
  .addCommand(rulesCommand())
  .addCommand(sqlCommand())
  .addCommand(simulateCommand())
for (const command of program.commands) command.copyInheritedSettings(program)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

/** 0 for help and version, 2 for a wrong call or wrong settings, 1 for what failed. Commander has printed its own message. */
function exitCodeOf (error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageError
  process.stderr.write(`meshmon: ${error instanceof Error ? error.message : String(error)}\n`)
  return error instanceof ConfigError || error instanceof RuleSettingsError ? usageError : 1
}
