import type { Pool } from 'pg'
import { stringify } from 'yaml'
import { createAddressBook } from '../../src/ingest/addresses.js'
import type { Arrival } from '../../src/ingest/arrival.js'
import { flush } from '../../src/ingest/flush.js'
import { createNameBook } from '../../src/ingest/names.js'
import { tables } from '../../src/messages/tables.js'
import { rules as allRules } from '../../src/rules/all.js'
import { digests } from '../../src/rules/digests.js'
import { readRuleSettings } from '../../src/rules/settings/read.js'
import { engineSettings } from '../../src/rules/settings/settings.js'
import type { Scenario } from './scenario.js'
import { compareCheck, compareJournal } from './scenario-compare.js'
import { lookAt, readJournal, startScenarioEngine } from './scenario-engine.js'
import { arrivalsOf } from './scenario-messages.js'
import { formatSpan, parseSpan } from './scenario-notation.js'

/** What was expected and what was seen, a line each; lines that hold are equal in both. `rows`: what was sent around the first that does not. */
export interface Outcome { expected: string[], seen: string[], rows: string[] }

const startMs = Date.parse('2026-03-02T00:00:00Z')
const defaultStep = '40s'
const engineTables = ['incidents', 'incident_journal', 'rule_state', 'rule_cursor', 'rule_evaluation', 'engine_slot', 'outbox', 'link_minute', 'bad_window', 'path_route']

interface Slot { atMs: number, stepMs: number }

/** Plays a scenario on a database of its own (or one that other scenarios left) and compares. */
export async function playScenario (pool: Pool, scenario: Scenario): Promise<Outcome> {
  await empty(pool)
  const arrivals = arrivalsOf(scenario, startMs)
  await flush({ pool, names: createNameBook(), addresses: createAddressBook(), now: () => startMs }, arrivals, [])
  const unknown = scenario.rules.filter((name) => !allRules.some((rule) => rule.name === name))
  if (unknown.length > 0) throw new Error(`no such rule: ${unknown.join(', ')}`)
  const off = Object.fromEntries(allRules.map(({ name }) => [name, { enabled: scenario.rules.includes(name) }]))
  const own = Object.fromEntries(Object.entries(scenario.settings ?? {}).map(([name, section]) => [name, name === 'engine' ? section : { ...off[name], ...section }]))
  const engine = startScenarioEngine(pool, engineSettings(readRuleSettings(stringify({ ...off, ...own }), scenario.name)))

  const outcome: Outcome = { expected: [], seen: [], rows: [] }
  const checks = Object.entries(scenario.expect).map(([time, subjects]) => ({ atMs: parseSpan(time), subjects })).sort((a, b) => a.atMs - b.atMs)
  const restarts = new Set((scenario.restarts ?? []).map(parseSpan))
  let stepMs: number | null = null
  let judgedUntilMs = -1
  for (const slot of slotsOf(scenario, checks.at(-1)?.atMs ?? 0)) {
    const isRestart = [...restarts].some((atMs) => atMs > judgedUntilMs && atMs <= slot.atMs)
    if (isRestart || slot.stepMs !== stepMs) engine.restart(slot.stepMs)
    stepMs = slot.stepMs
    await engine.judge(startMs + slot.atMs)
    for (const check of checks.filter(({ atMs }) => atMs > judgedUntilMs && atMs <= slot.atMs)) {
      const { expected, seen } = compareCheck(check, await lookAt(pool), { startMs, rules: scenario.rules })
      if (outcome.rows.length === 0 && expected.join() !== seen.join()) outcome.rows = rowsAround(arrivals, check.atMs)
      outcome.expected.push(...expected)
      outcome.seen.push(...seen)
    }
    judgedUntilMs = slot.atMs
  }
  const journal = compareJournal(scenario.journal ?? {}, await readJournal(pool), scenario.rules)
  return { ...outcome, expected: [...outcome.expected, ...journal.expected], seen: [...outcome.seen, ...journal.seen] }
}

/** The moments that are judged: every step, without those the engine was down, up to the last check. */
function slotsOf ({ engine = defaultStep, down = [] }: Scenario, untilMs: number): Slot[] {
  const steps = Object.entries(typeof engine === 'object' ? engine : { 0: engine }).map(([from, step]) => ({ fromMs: parseSpan(from), stepMs: parseSpan(step) })).sort((a, b) => a.fromMs - b.fromMs)
  const pauses = down.map(([from, until]) => ({ fromMs: parseSpan(from!), untilMs: parseSpan(until!) }))
  const slots: Slot[] = []
  for (let atMs = 0, stepMs = 0; atMs < untilMs + stepMs || slots.length === 0; atMs += stepMs) {
    stepMs = steps.findLast(({ fromMs }) => fromMs <= atMs)?.stepMs ?? parseSpan(defaultStep)
    if (!pauses.some(({ fromMs, untilMs }) => atMs >= fromMs && atMs < untilMs)) slots.push({ atMs, stepMs })
  }
  return slots
}

/** What of the scenario before could be seen by the next. */
async function empty (pool: Pool): Promise<void> {
  await pool.query(Object.keys(tables).map((table) => `delete from ${table}`).join('; '))
  await pool.query(['nodes', 'known_links', 'names', 'node_addresses', ...digests.map(({ table }) => table), ...engineTables].map((table) => `delete from ${table}`).join('; '))
}

function rowsAround (arrivals: Arrival[], atMs: number): string[] {
  const at = (startMs + atMs) * 1000
  const newest = arrivals.filter(({ receivedAt }) => receivedAt <= at).slice(-8)
  const next = arrivals.filter(({ receivedAt }) => receivedAt > at).slice(0, 3)
  return [...newest, ...next].map(({ receivedAt, raw }) => `${formatSpan(receivedAt / 1000 - startMs)} ${raw().toString().replace(/"(schema|type)":"[^"]*",|["{}]/g, '')}`)
}
