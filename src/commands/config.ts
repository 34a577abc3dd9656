import { Command } from 'commander'
import { loadConfig, printConfig } from '../config.js'

export function configCommand (): Command {
  return new Command('config')
    .description('Print the settings in force, secrets masked.')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: boolean }) => {
      const { config, file, unknown } = loadConfig(undefined, 'all')
      const lines = printConfig(config)
      if (json) {
        const entries = lines.split('\n').filter((line) => !line.startsWith('#')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
        process.stdout.write(`${JSON.stringify({ file, unknown, settings: Object.fromEntries(entries) }, null, 2)}\n`)
        return
      }
      process.stdout.write(`# settings file: ${file ?? 'none'}\n${lines}\n`)
      for (const name of unknown) process.stderr.write(`meshmon: ${file}: nothing reads ${name}; is it misspelt?\n`)
    })
}
