import { parseArgs } from 'node:util'
import { createDatabase } from '../../test/support/native.js'
import { processesOf } from '../support/programs.js'
import { openScope, within } from '../support/scope.js'
import { startOwnServer } from '../support/servers.js'
import { connectionsDropped, connectionsSlow, connectionsSwallowed, crowd, nameLost, slowRequests } from './faults/network.js'
import { backendKilled, claimerKilled, collectorKilled, embeddedKilled, migrationKilled, postmasterKilled, serverPaused } from './faults/processes.js'
import { connectionsTaken, diskFull } from './faults/resources.js'
import { tryFault, type Fault, type Outcome } from './trial.js'

const faults: Fault[] = [
  collectorKilled, claimerKilled, postmasterKilled, backendKilled, embeddedKilled, serverPaused, connectionsDropped, connectionsSwallowed, connectionsSlow, nameLost, connectionsTaken, diskFull, migrationKilled, crowd, slowRequests,
]
const names = faults.map(({ name }) => name)

const usage = `usage: make chaos, or node dist/bench/chaos/run.js [NAME]... [--json]

  NAME    ${names.join(', ')}; all of them where none is named
  --json  results as JSON

Under constant load on loopback, with a server of scripts/native-server that is ours alone. Ctrl-C ends all that was started.
exit codes: 0 all passed, 1 not, 2 usage, 130 Ctrl-C
`

/** Options of the command line; ends the process where they make no sense. */
function readOptions (): { chosen: Fault[], json: boolean } {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } })
    if (values.help) {
      process.stdout.write(usage)
      process.exit(0)
    }
    const unknown = positionals.find((name) => !names.includes(name))
    if (unknown !== undefined) throw new Error(`there is no fault ${unknown}`)
    return { chosen: faults.filter(({ name }) => positionals.length === 0 || positionals.includes(name)), json: values.json }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
    process.exit(2)
  }
}

function asTable (outcomes: Outcome[]): string {
  const rows = outcomes.map(({ what, pass, acknowledged, refused, missing, most, incidents, readyMs, slowestMs, rssBeforeMb, rssAfterMb, error }) =>
    `| ${what} | ${acknowledged} | ${missing} | ${Math.max(0, most - 1)} | ${incidents.watched} | ${incidents.lost.length} | ${incidents.doubled.length} | ${refused} | ${(readyMs / 1000).toFixed(1)} s | ${(slowestMs / 1000).toFixed(1)} s | ${rssBeforeMb.toFixed(0)} → ${rssAfterMb.toFixed(0)} MB | ${pass ? 'pass' : `**fail**${error === null ? '' : `: ${error}`}`} |`)
  return ['| fault, under the load of 8 agents | acknowledged | lost | doubled | incidents | lost | doubled | told to come again | ready after | slowest answer | memory | |', '|---|---|---|---|---|---|---|---|---|---|---|---|', ...rows, ''].join('\n')
}

const { chosen, json } = readOptions()
const scope = openScope()
let isStopped = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isStopped = true
    process.stderr.write(`  ${signal}: ending what was started\n`)
    scope.close().finally(() => {
      const left = processesOf(process.pid).slice(1)
      process.stderr.write(left.length === 0 ? '  nothing is left running\n' : `  still running: ${left.join(', ')}\n`)
      process.exit(130)
    })
  })
}

async function tryAll (): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  // What a fault does to it disturbs nobody.
  const server = chosen.some(({ storage }) => storage === 'server') ? await startOwnServer(scope, ['restart_after_crash=on']) : null
  for (const fault of chosen) {
    if (isStopped) break
    process.stderr.write(`  ${fault.name}: ${fault.what}\n`)
    const outcome = await within(scope, async (own) => await tryFault(own, fault, server === null || fault.storage === 'embedded' ? null : { url: await createDatabase(own, server.url) }))
    outcomes.push(outcome)
    const { pass, acknowledged, missing, incidents: { lost, doubled }, readyMs, error } = outcome
    process.stderr.write(`    ${pass ? 'pass' : 'FAIL'}: ${acknowledged} acknowledged, ${missing} lost, ready after ${readyMs} ms; incidents lost: ${lost.join(', ') || 'none'}; doubled: ${doubled.join(', ') || 'none'}${error === null ? '' : `; ${error}`}\n`)
  }
  return outcomes
}

try {
  const outcomes = await tryAll()
  if (!isStopped) process.stdout.write(json ? `${JSON.stringify(outcomes, null, 1)}\n` : asTable(outcomes))
  process.exitCode = outcomes.every(({ pass }) => pass) ? 0 : 1
} catch (error) {
  // What is being ended fails, of course.
  if (!isStopped) throw error
} finally {
  await scope.close()
}
if (!isStopped) process.exit()
