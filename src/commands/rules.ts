import { Command } from 'commander'
import { loadConfig } from '../config.js'
import { loadRuleSettings } from '../rules/settings/load.js'
import { formatProblem, RuleSettingsError, type SettingsProblem } from '../rules/settings/settings.js'
import { formatRuleSettings } from '../rules/settings/write.js'

export function rulesCommand (): Command {
  return new Command('rules')
    .description('The rules of the issue engine: check a rules file, show what is in force.')
    .addCommand(checkCommand())
    .addCommand(showCommand())
}

function checkCommand (): Command {
  return new Command('check')
    .description('Tell everything that is wrong in a rules file. Exit code 0: it can be used; 1: it can not.')
    .argument('<file>', 'YAML as in rules.example.yaml')
    .option('--json', 'as JSON')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const problems = await problemsOf(file)
      if (problems.length > 0) process.exitCode = 1
      if (json) process.stdout.write(`${JSON.stringify({ file, ok: problems.length === 0, problems }, null, 2)}\n`)
      else if (problems.length === 0) process.stdout.write(`${file} can be used.\n`)
      else process.stderr.write(`${problems.map((problem) => formatProblem(file, problem)).join('\n')}\n`)
    })
}

function showCommand (): Command {
  return new Command('show')
    .description('Print the rules in force, those of RULES_FILE and the defaults, as a rules file.')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const settings = await loadRuleSettings(loadConfig().config.RULES_FILE)
      process.stdout.write(json ? `${JSON.stringify(settings, null, 2)}\n` : formatRuleSettings(settings))
    })
}

async function problemsOf (file: string): Promise<SettingsProblem[]> {
  try {
    await loadRuleSettings(file)
    return []
  } catch (error) {
    if (error instanceof RuleSettingsError) return error.problems
    throw error
  }
}
