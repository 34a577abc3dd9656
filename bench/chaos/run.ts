import { parseArgs } from 'node:util'
import { createDatabase } from '../../test/support/native.js'
import { openScope, within } from '../support/scope.js'
import { startOwnServer } from '../support/servers.js'
import { connectionsDropped, connectionsSwallowed, crowd, nameLost } from './faults/network.js'
import { backendsKilled, collectorKilled, embeddedKilled, migrationKilled, serverPaused } from './faults/processes.js'
import { connectionsTaken, diskFull } from './faults/resources.js'
import { tryFault, type Fault, type Outcome } from './trial.js'

const faults: Fault[] = [collectorKilled, backendsKilled, embeddedKilled, serverPaused, connectionsDropped, connectionsSwallowed, nameLost, connectionsTaken, diskFull, migrationKilled, crowd]

const usage = `usage: make chaos, or node dist/bench/chaos/run.js [--only NAME]... [--json]

  --only  ${faults.map(({ name }) => name).join(', ')}; all of them unless given
  --json  results as JSON

Under constant load on loopback, with a server of scripts/native-server that is ours alone. Ctrl-C cleans up.
`

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true, default: [] }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } })
const chosen = values.only.length > 0 ? faults.filter(({ name }) => values.only.includes(name)) : faults
if (values.help || chosen.length === 0 || values.only.some((name) => !faults.some((fault) => fault.name === name))) {
  process.stderr.write(usage)
  process.exit(values.help ? 0 : 2)
}

const scope = openScope()
let isStopped = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isStopped = true
    process.stderr.write(`  ${signal}: cleaning up\n`)
    scope.close().finally(() => process.exit(130))
  })
}

function asTable (outcomes: Outcome[]): string {
  const rows = outcomes.map(({ what, pass, acknowledged, refused, missing, most, readyMs, slowestMs, rssBeforeMb, rssAfterMb, error }) =>
    `| ${what} | ${acknowledged} | ${missing} | ${Math.max(0, most - 1)} | ${refused} | ${(readyMs / 1000).toFixed(1)} s | ${(slowestMs / 1000).toFixed(1)} s | ${rssBeforeMb.toFixed(0)} → ${rssAfterMb.toFixed(0)} MB | ${pass ? 'pass' : `**fail**${error === null ? '' : `: ${error}`}`} |`)
  return ['| fault, under the load of 8 agents | acknowledged | lost | doubled | told to come again | ready after | slowest answer | memory | |', '|---|---|---|---|---|---|---|---|---|', ...rows, ''].join('\n')
}

const outcomes: Outcome[] = []
try {
  // What a fault does to it disturbs nobody.
  const server = await startOwnServer(scope, ['restart_after_crash=on'])
  for (const fault of chosen) {
    process.stderr.write(`  ${fault.name}: ${fault.what}\n`)
    const outcome = await within(scope, async (own) => await tryFault(own, fault, { ...server, url: await createDatabase(own, server.url) }))
    if (isStopped) break
    outcomes.push(outcome)
    process.stderr.write(`    ${outcome.pass ? 'pass' : 'FAIL'}: ${outcome.acknowledged} acknowledged, ${outcome.missing} lost, ready after ${outcome.readyMs} ms${outcome.error === null ? '' : `, ${outcome.error}`}\n`)
  }
  process.stdout.write(values.json ? `${JSON.stringify(outcomes, null, 1)}\n` : asTable(outcomes))
  process.exitCode = outcomes.every(({ pass }) => pass) ? 0 : 1
} finally {
  if (!isStopped) await scope.close()
}
if (!isStopped) process.exit()
