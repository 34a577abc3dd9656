import { Command, InvalidArgumentError } from 'commander'
import { loadConfig } from '../config.js'
import { createLog } from '../log.js'
import { replay, ReplayError, type ReplayResult } from '../rules/replay.js'
import type { ReplayedIncident } from '../rules/replay-ledger.js'
import { severities } from '../rules/rule.js'
import { loadRuleSettings } from '../rules/settings/load.js'
import { Progress } from '../progress.js'
import { openForCommand } from './connect.js'
import { MomentError, parseMoment } from './moment.js'
import { printTable } from './print-table.js'

interface Options { from: string, to: string, step: number, rules?: string, json?: true }

export function replayCommand (): Command {
  return new Command('replay')
    .description('Judge stored history with the rules and print the incidents they would have raised. Changes nothing.')
    .option('--from <time>', 'start: RFC 3339, or counted back from now (-24h)', '-24h')
    .option('--to <time>', 'end, at most 31 days later', 'now')
    .option('--step <seconds>', 'from one evaluation to the next', parseStep, 10)
    .option('--rules <file>', 'rules file to try; without, that of RULES_FILE')
    .option('--json', 'what POST /replay answers, no progress')
    .addHelpText('after', '\nExample: what would a lower threshold have raised since yesterday?\n  meshmon replay --from -24h --rules my-rules.yaml')
    .action(async (options: Options, command: Command) => {
      try {
        await run(options)
      } catch (error) {
        if (error instanceof ReplayError || error instanceof MomentError) command.error(`error: ${error.message}`)
        throw error
      }
    })
}

async function run ({ from, to, step, rules, json }: Options): Promise<void> {
  const now = Date.now()
  const [fromMs, toMs] = [parseMoment(from, now), parseMoment(to, now)]
  const { config } = loadConfig()
  const settings = await loadRuleSettings(rules ?? config.RULES_FILE)
  const stop = new AbortController()
  const onSignal = (): void => stop.abort(new Error('stopped'))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const database = await openForCommand(config, createLog('warn'))
  const progress = new Progress(json ? null : process.stderr, { from: fromMs, to: toMs, unit: 'evaluations' })
  try {
    const startMs = performance.now()
    const result = await replay(database.pool, { fromMs, toMs, stepMs: step * 1000, settings }, { signal: stop.signal, onProgress: (atMs, slots) => progress.show(atMs, slots) })
    progress.end()
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${describe(result, (performance.now() - startMs) / 1000)}\n`)
  } finally {
    progress.end()
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await database.close()
  }
}

function describe ({ incidents, slots }: ReplayResult, seconds: number): string {
  const sentence = `${slots} evaluations in ${seconds.toFixed(1)} s: ${incidents.length === 0 ? 'no incidents' : `${incidents.length} ${incidents.length === 1 ? 'incident' : 'incidents'}`}`
  return incidents.length === 0 ? sentence : `${listIncidents(incidents)}\n\n${countByRule(incidents)}\n\n${sentence}`
}

function listIncidents (incidents: ReplayedIncident[]): string {
  const columns = ['started (UTC)', 'ended', 'severity', 'rule', 'subject', 'caused by'].map((name) => ({ name, isNumber: false }))
  const byId = new Map(incidents.map((incident) => [incident.id, incident]))
  return printTable(columns, incidents.toReversed().map(({ started_at: start, ended_at: end, severity, kind, subject, caused_by: causeId, resolution }) => {
    const cause = byId.get(causeId ?? '')
    const ended = end === null ? 'open' : `${shortTime(end)}${resolution === 'recovered' ? '' : ` (${resolution})`}`
    return [shortTime(start), ended, severity, kind, subject, cause ? `${cause.kind} ${cause.subject}` : '']
  }))
}

function countByRule (incidents: ReplayedIncident[]): string {
  const columns = [{ name: 'rule', isNumber: false }, ...['incidents', ...severities, 'open', 'follow from another'].map((name) => ({ name, isNumber: true }))]
  const kinds = [...new Set(incidents.map(({ kind }) => kind))].sort()
  return printTable(columns, kinds.map((kind) => {
    const own = incidents.filter((incident) => incident.kind === kind)
    const counts = [own, ...severities.map((severity) => own.filter((one) => one.severity === severity)), own.filter(({ status }) => status !== 'closed'), own.filter((one) => one.caused_by !== null)]
    return [kind, ...counts.map(({ length }) => String(length))]
  }))
}

function shortTime (iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}

function parseStep (text: string): number {
  const seconds = Number(text)
  if (!/^\d+$/.test(text) || seconds < 1 || seconds > 3600) throw new InvalidArgumentError('not a whole number of seconds from 1 to 3600.')
  return seconds
}
