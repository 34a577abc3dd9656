import type { Registry } from 'prom-client'
import { addCounter, addGauge, type Sample } from '../scraped-metrics.js'
import type { ConnectionState } from './connection.js'
import type { PollerFigures, RadioFigures } from './poller.js'

const breakerStates = ['closed', 'open', 'half_open'] as const

/** Adds what the poller did, radio by radio. docs/radio.md lists the names. */
export function registerPollerMetrics (registry: Registry, figures: () => PollerFigures): void {
  const each = (samplesOf: (radio: RadioFigures) => Sample[]) => () => figures().radios.flatMap(samplesOf)
  addCounter(registry, {
    name: 'meshmon_radio_rounds_total', help: 'Rounds by radio and by how they ended', labelNames: ['radio', 'result'],
    read: each(({ name, rounds }) => Object.entries(rounds).map(([result, value]) => ({ labels: { radio: name, result }, value }))),
  })
  addCounter(registry, {
    name: 'meshmon_radio_late_answers_total', help: 'Answers that came after their round had failed', labelNames: ['radio'],
    read: each(({ name, late }) => [{ labels: { radio: name }, value: late }]),
  })
  addCounter(registry, {
    name: 'meshmon_radio_round_seconds_total', help: 'Time that rounds took', labelNames: ['radio'],
    read: each(({ name, roundSeconds }) => [{ labels: { radio: name }, value: roundSeconds }]),
  })
  addGauge(registry, {
    name: 'meshmon_radio_last_success_timestamp_seconds', help: 'When a radio answered last', labelNames: ['radio'],
    read: each(({ name, lastSuccessMs }) => lastSuccessMs === null ? [] : [{ labels: { radio: name }, value: lastSuccessMs / 1000 }]),
  })
  addGauge(registry, {
    name: 'meshmon_radio_breaker', help: '1 for the state a repeater\'s breaker is in', labelNames: ['radio', 'state'],
    read: each(({ name, breaker }) => breaker === undefined ? [] : breakerStates.map((state) => ({ labels: { radio: name, state }, value: breaker === state ? 1 : 0 }))),
  })
  addCounter(registry, { name: 'meshmon_radio_airtime_seconds_total', help: 'Airtime that remote requests and their answers took, as reckoned', read: () => figures().airtimeS })
  addGauge(registry, { name: 'meshmon_radio_airtime_budget_left_seconds', help: 'What RADIO_BUDGET_S_PER_H leaves of this hour', read: () => figures().budgetLeftS })
  addCounter(registry, { name: 'meshmon_radio_unreported_total', help: 'Messages that could not be kept: the disk was full', read: () => figures().unreported })
}

/** Adds the state of the connection to the companion. */
export function registerConnectionMetrics (registry: Registry, state: () => ConnectionState): void {
  addGauge(registry, { name: 'meshmon_radio_connected', help: '1 while the companion is connected', read: () => state().connected ? 1 : 0 })
  addGauge(registry, { name: 'meshmon_radio_second_client', help: '1 while another program seems to take the radio', read: () => state().secondClient ? 1 : 0 })
  addGauge(registry, { name: 'meshmon_radio_clock_offset_seconds', help: 'The companion\'s clock against the host\'s at the last check, before it was set', read: () => state().clock?.offsetS ?? [] })
  addCounter(registry, { name: 'meshmon_radio_reconnects_total', help: 'Connections made after one was lost', read: () => state().reconnects })
  addCounter(registry, {
    name: 'meshmon_radio_frames_dropped_total', help: 'Frames of the companion that came to nothing', labelNames: ['reason'],
    read: () => Object.entries(state().frames).map(([reason, value]) => ({ labels: { reason }, value: Number(value) })),
  })
}
