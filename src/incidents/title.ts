import type { Scope } from './subject.js'

const names: Readonly<Record<string, string>> = {
  rf_quality_drop: 'Radio link quality dropped',
  jitter_burst: 'High jitter',
  loss_spike: 'Packet loss',
  route_flapping: 'Route keeps changing',
  bottleneck_link: 'Bottleneck link',
  node_overload: 'Node overloaded',
  repeated_crashes: 'Repeated crashes',
  node_silent: 'Node silent',
  collector_blind: 'No node is heard',
  clock_skew: 'Clock is wrong',
  collector_clock: 'Clock of the collector is wrong',
  timing_unusable: 'Timing measurements unusable',
  repeater_unreachable: 'Repeater unreachable',
  battery_low: 'Battery low',
  link_down: 'Link down',
}

/** What is wrong, in a few words. A kind not known here shows under its own name. */
export function nameOf (kind: string): string {
  return names[kind] ?? kind.replaceAll('_', ' ')
}

/** One line that says what is wrong and where. */
export function titleOf (kind: string, scope: Scope): string {
  const what = nameOf(kind)
  switch (scope.type) {
    case 'path': return `${what}: ${scope.src} → ${scope.dst}`
    case 'link': return `${what}: ${scope.a} – ${scope.b}${scope.medium === 'rf' ? '' : ` (${scope.medium})`}`
    case 'node': return `${what}: ${scope.node}`
    case 'collector': return what
  }
}
