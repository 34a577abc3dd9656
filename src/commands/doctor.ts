import { Command } from 'commander'
import { loadConfig } from '../config.js'
import { examineInstallation } from '../doctor/installation/index.js'
import { checkNames } from '../doctor/unknown-settings.js'
import { createLog } from '../log.js'
import { openExisting } from './connect.js'
import { findingPrinter } from './print-findings.js'
import { interruption } from './signals.js'

export function doctorCommand (): Command {
  return new Command('doctor')
    .description('Look at the whole installation, whether the collector runs or not, and say what to do about what is wrong. Exit code 1 where there is a problem.')
    .option('--json', 'as JSON, a line each')
    .addHelpText('after', '\nRun it as the user of the collector, with the same settings. Radios and AREDN nodes have doctors of their own: meshmon radio doctor, meshmon aredn doctor.')
    .action(async ({ json }: { json?: true }) => {
      const { config, file, unknown } = loadConfig()
      const show = findingPrinter(json)
      for (const finding of checkNames(file, unknown)) show(finding)
      for await (const finding of examineInstallation({ config, open: () => openExisting(config, createLog('silent')), now: Date.now, signal: interruption() })) show(finding)
    })
}
