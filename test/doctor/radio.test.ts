import pino from 'pino'
import t from 'tap'
import { examineRadio } from '../../src/doctor/radio.js'
import type { Finding } from '../../src/doctor/finding.js'
import { loadConfig } from '../../src/config.js'
import { readPollSettings } from '../../src/radio/poll-settings.js'
import { openCompanion } from '../../src/radio/session.js'
import { planWorld } from '../../src/simulate/radio/plan.js'
import { createSimulatedTransport } from '../../src/simulate/radio/transport.js'
import { World } from '../../src/simulate/radio/world.js'
import { VirtualClock } from '../support/virtual-clock.js'

const secret = 'hill-pass'

function setUp (env: Record<string, string>, clock = new VirtualClock(), world = new World(clock, planWorld({ repeaters: 2 }))) {
  const stop = new AbortController()
  const settings = readPollSettings(loadConfig(env, 'radio').config)
  const open = () => openCompanion({ transport: createSimulatedTransport(world), clock, log: pino({ level: 'silent' }), signal: stop.signal })
  const examine = async (): Promise<Finding[]> => {
    const findings: Finding[] = []
    await clock.until((async () => {
      for await (const finding of examineRadio({ open, settings, clock, signal: stop.signal })) findings.push(finding)
    })())
    return findings
  }
  return { world, clock, stop, examine }
}

t.test('a radio that is well, with its repeaters', async (t) => {
  const { examine } = setUp({ REPEATERS: `[{ name: Hill, password: ${secret} }, { name: Ridge }]` })
  const findings = await examine()
  t.match(findings, [
    { check: 'radio', state: 'ok', text: /^Base-1 at simulated radio .*869\.618 MHz, 62\.5 kHz, SF8, CR5$/ },
    { check: 'clock', state: 'ok' },
    { check: 'contacts', state: 'ok', text: 'the companion knows 5, 2 of them repeaters' },
    { check: 'contact Hill', state: 'ok', text: /path: / },
    { check: 'login Hill', state: 'ok', text: /as admin/ },
    { check: 'status Hill', state: 'ok', text: /battery \d{4} mV/ },
    { check: 'contact Ridge', state: 'ok' },
    { check: 'login Ridge', state: 'ok', text: /as guest/ },
    { check: 'status Ridge', state: 'ok' },
  ])
  t.notMatch(JSON.stringify(findings), secret)
})

t.test('silence is told with all that it may mean', async (t) => {
  const { world, examine } = setUp({ REPEATERS: '[{ name: Hill, password: wrong-one }, { name: Ridge }]' })
  world.repeater('Ridge').powerOff()
  const findings = await examine()
  t.match(findings.find(({ check }) => check === 'login Hill'), { state: 'problem', text: 'no answer: password, clock, path or radio', remedy: [/password/, /up and in range/, /path/] })
  t.match(findings.find(({ check }) => check === 'status Ridge'), { state: 'problem', text: /^no answer either, asked (by flood|directly)$/ })
  t.notMatch(JSON.stringify(findings), 'wrong-one')
})

t.test('a wrong password of a repeater that knows the companion from before', async (t) => {
  const { world, clock, examine } = setUp({ REPEATERS: `[{ name: Hill, password: ${secret} }]` })
  await examine()
  const findings = await setUp({ REPEATERS: '[{ name: Hill, password: wrong-one }]' }, clock, world).examine()
  t.match(findings.slice(-2), [
    { check: 'login Hill', state: 'problem', text: /though it answers the status: the password may be wrong/, remedy: [/once|again/, /set its password/] },
    { check: 'status Hill', state: 'ok' },
  ])
})

t.test('it ends at once when it is interrupted, also while a repeater is silent', async (t) => {
  const { world, clock, stop, examine } = setUp({ REPEATERS: '[{ name: Hill }, { name: Ridge }]' })
  world.repeater('Hill').powerOff()
  const reason = new Error('interrupted')
  const sinceMs = clock.now()
  clock.wait(4000, new AbortController().signal).then(() => stop.abort(reason), () => {})
  await t.rejects(examine(), reason)
  t.equal(clock.now() - sinceMs, 4000, 'no answer is waited for any longer')
})

t.test('a repeater that is not there is told with those that are', async (t) => {
  const { examine } = setUp({ REPEATER_NAME: 'Hil' })
  t.match((await examine()).at(-1), { check: 'contact Hil', state: 'problem', remedy: [/It knows Hill, Ridge: is the name spelt as there/, /REPEATER_KEY_PREFIX/, /advert/] })
})

t.test('without repeaters there is a hint, not a problem', async (t) => {
  const { examine } = setUp({})
  t.match((await examine()).at(-1), { check: 'repeaters', state: 'warning', remedy: [/REPEATER_NAME or REPEATERS/] })
})

t.test('a radio that is off, and one that hangs', async (t) => {
  const off = setUp({})
  off.world.companion.powerOff()
  t.match(await off.examine(), [{ check: 'port', state: 'problem' }])
  const hung = setUp({})
  hung.world.companion.hang()
  t.match(await hung.examine(), [{ check: 'radio', state: 'problem', remedy: [/companion/, /firmware/, /restart/] }])
})
