import { join } from 'node:path'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { RadioMetricsMessage, WorkerEventMessage, WorkerMessage } from '../../src/radio/messages.js'
import { createPoller, type Poller } from '../../src/radio/poller.js'
import type { PollSettings, RepeaterSettings } from '../../src/radio/settings.js'
import { FakeMesh } from './fake-mesh.js'
import { VirtualClock } from './virtual-clock.js'

export const password = 'secret-pass'

export const pollSettings: PollSettings = {
  companion: { telemetry: false, connection: 'tcp' },
  repeaters: [],
  companionStepS: 60,
  repeaterStepS: 900,
  status: { timeoutS: 10, attempts: 2, backoffS: 4 },
  telemetry: { timeoutS: 10, attempts: 2, backoffS: 4 },
  breakerFails: 6,
  breakerCooldownS: 3600,
  budgetSPerH: 60,
}

export interface PollerScene {
  clock: VirtualClock
  mesh: FakeMesh
  poller: Poller
  stateFile: string
  settings: PollSettings
  messages: WorkerMessage[]
  /** Lines of the log, as JSON. */
  logged: string[]
  /** What `report` rejects with. */
  diskTrouble: { error: Error | null }
  readings (node: string): RadioMetricsMessage[]
  events (node: string): WorkerEventMessage[]
  /** Lets the poller run for so long. */
  runFor (ms: number): Promise<void>
  stop (): Promise<void>
  /** Another process with the same state. */
  restart (): Promise<void>
}

/** A poller of a fake mesh with these repeaters, each with a password. */
export function createScene (t: Test, names: string[], { repeater = {}, ...changed }: Partial<PollSettings> & { repeater?: Partial<RepeaterSettings> } = {}): PollerScene {
  const clock = new VirtualClock()
  const mesh = new FakeMesh(clock, names)
  const settings = { ...pollSettings, repeaters: names.map((name) => ({ name, password, telemetry: false, neighbours: false, ...repeater })), ...changed }
  const stateFile = join(t.testdir({}), 'radio-state.json')
  const messages: WorkerMessage[] = []
  const logged: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => { logged.push(line) } })
  const diskTrouble: PollerScene['diskTrouble'] = { error: null }
  const create = (): Poller => createPoller({
    connection: mesh, settings, stateFile, clock, log,
    report: async (message) => {
      if (diskTrouble.error) throw diskTrouble.error
      messages.push(message)
    },
  })
  let stop = new AbortController()
  let running: Promise<void> | undefined
  const scene: PollerScene = {
    clock, mesh, stateFile, settings, messages, logged, diskTrouble, poller: create(),
    readings: (node) => messages.filter((message): message is RadioMetricsMessage => message.type === 'radio_metrics' && message.node === node),
    events: (node) => messages.filter((message): message is WorkerEventMessage => message.type === 'worker_event' && message.node === node),
    async runFor (ms) {
      running ??= scene.poller.run(stop.signal)
      await clock.run(ms)
    },
    async stop () {
      stop.abort()
      await running
      running = undefined
      stop = new AbortController()
    },
    async restart () {
      await scene.stop()
      scene.poller = create()
    },
  }
  t.teardown(() => scene.stop())
  return scene
}
