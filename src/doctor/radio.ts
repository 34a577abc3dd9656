import type { Clock } from '../clock.js'
import { pathOf } from '../radio/path-text.js'
import { patienceMs, within } from '../radio/ask.js'
import { RadioError, type Companion } from '../radio/companion.js'
import { findContact } from '../radio/find-contact.js'
import { decodeRepeaterStats } from '../radio/frames/index.js'
import type { Contact, Sent } from '../radio/frames/types.js'
import type { PollSettings, RepeaterSettings } from '../radio/settings.js'
import { TransportError } from '../radio/transports/transport.js'
import { ok, problem, warning, type Finding } from './finding.js'

export interface RadioDoctor {
  open: () => Promise<Companion>
  settings: PollSettings
  clock: Clock
  /** Ends the examination at once: it then throws the signal's reason. */
  signal: AbortSignal
}

/** Some seconds apart are normal: a login takes as long. */
const fairDriftS = 60
const namesShown = 8

/** Looks at everything between here and the repeaters' answers, in that order, and ends where nothing further can be seen. */
export async function * examineRadio ({ open, settings, clock, signal }: RadioDoctor): AsyncGenerator<Finding> {
  let companion: Companion
  try {
    companion = await open()
  } catch (error) {
    signal.throwIfAborted()
    yield noRadio(error)
    return
  }
  const stop = (): void => { companion.close() }
  signal.addEventListener('abort', stop, { once: true })
  try {
    yield describeRadio(companion)
    yield describeClock(companion)
    const { contacts, total } = await companion.contacts()
    yield ok('contacts', `the companion knows ${total}, ${contacts.filter(({ type }) => type === 2).length} of them repeaters`)
    if (settings.repeaters.length === 0) yield warning('repeaters', 'none to poll', 'Set REPEATER_NAME or REPEATERS; "meshmon radio contacts" lists those the companion knows')
    for (const repeater of settings.repeaters) yield * examineRepeater(companion, contacts, { repeater, settings, clock, signal })
  } catch (error) {
    signal.throwIfAborted()
    yield noRadio(error)
  } finally {
    signal.removeEventListener('abort', stop)
    await companion.close()
  }
}

function noRadio (error: unknown): Finding {
  if (error instanceof TransportError) return problem('port', error.message, error.remedy)
  if (error instanceof RadioError) {
    return problem('radio', error.message,
      'Is it a companion? A repeater or room server does not speak this protocol',
      'Does its firmware fit the cable: companion radio "USB", "BLE" or "WiFi"?',
      'Close other programs that use it, and restart the radio')
  }
  throw error
}

function describeRadio ({ name, self, device }: Companion): Finding {
  const firmware = [device.model, device.version].filter((part) => part !== undefined && part !== '').join(', ')
  return ok('radio', `${self.name} at ${name}${firmware === '' ? '' : ` (${firmware})`}, ${self.frequencyMhz} MHz, ${self.bandwidthKhz} kHz, SF${self.spreadingFactor}, CR${self.codingRate}`)
}

function describeClock ({ clock: { state, offsetS } }: Companion): Finding {
  const check = 'clock'
  switch (state) {
    case 'right': return ok(check, 'the companion\'s clock is right')
    case 'was_set': return ok(check, `the companion's clock was ${Math.abs(offsetS)} s behind and has been set`)
    case 'behind': return problem(check, `the companion's clock is ${Math.abs(offsetS)} s behind, and it refuses to be set`, 'Restart the companion, then run the doctor again')
    case 'host_wrong': return problem(check, 'the clock of this computer can\'t be right, so the companion\'s was not set',
      'Set it, or wait until it has the time from the network or GPS: date')
    case 'ahead': return warning(check, `the companion's clock is ${Math.abs(offsetS)} s ahead, and can't be set back`,
      'Is the clock of this computer right? Compare with: date',
      'Else restart the companion, then run the doctor again: it sets the clock',
      'Repeaters ignore requests until its time is later than that of the last one they accepted, or they are restarted')
  }
}

interface Examined extends Pick<RadioDoctor, 'settings' | 'clock' | 'signal'> { repeater: RepeaterSettings }

async function * examineRepeater (companion: Companion, contacts: Contact[], { repeater, settings, clock, signal }: Examined): AsyncGenerator<Finding> {
  const name = repeater.name ?? repeater.keyPrefix ?? ''
  const contact = findContact(contacts, repeater)
  if (contact === null) {
    yield unknownContact(name, contacts)
    return
  }
  yield ok(`contact ${name}`, `${contact.name}, path: ${pathOf(contact.hops)}${contact.lastAdvertS === 0 ? '' : `, last advert ${new Date(contact.lastAdvertS * 1000).toISOString()}`}`)
  const wait = async <T>(sent: Sent, answer: Promise<T | null>): Promise<T | null> => {
    const found = await within(answer, patienceMs(sent, settings.status.timeoutS), { clock, signal })
    signal.throwIfAborted()
    return found ?? null
  }
  try {
    const login = await companion.login(contact.key, repeater.password)
    const success = await wait(login.sent, login.answer)
    if (success !== null) {
      const driftS = success.clockS === undefined ? 0 : Math.round(success.clockS - clock.now() / 1000)
      yield Math.abs(driftS) > fairDriftS
        ? warning(`login ${name}`, `logged in; the repeater's clock is ${Math.abs(driftS)} s ${driftS > 0 ? 'ahead' : 'behind'}`, 'Set it from the app: its adverts carry that time')
        : ok(`login ${name}`, success.isAdmin ? 'logged in as admin; a guest\'s password is enough for readings' : 'logged in as guest')
    }
    const status = await companion.request(contact.key, { is: 'status' })
    const body = await wait(status.sent, status.answer)
    if (success === null) yield body === null ? silent(`login ${name}`, 'no answer: password, clock, path or radio', companion) : wrongPassword(name)
    yield body === null
      ? silent(`status ${name}`, `no answer${success === null ? ' either' : ''}, asked ${status.sent.flooded ? 'by flood' : 'directly'}`, success === null ? null : companion)
      : ok(`status ${name}`, `answered: battery ${decodeRepeaterStats(body).bat} mV, up ${decodeRepeaterStats(body).uptime} s`)
  } catch (error) {
    if (!(error instanceof RadioError) || error.problem === 'closed' || error.problem === 'no_answer') throw error
    yield problem(`status ${name}`, error.message, ...(error.problem === 'queue_full' ? ['The companion is busy: try again in a minute'] : ['Send an advert from the repeater, so that the companion stores it as a contact']))
  }
}

/** It knows this companion from an earlier login. */
function wrongPassword (name: string): Finding {
  return problem(`login ${name}`, 'no answer, though it answers the status: the password may be wrong',
    'Run the doctor again: one packet is easily lost',
    'Else set its password: readings come only until it is restarted')
}

/** @param companion null where the remedies have been named */
function silent (check: string, text: string, companion: Companion | null): Finding {
  if (companion === null) return problem(check, text)
  const { clock } = companion
  return problem(check, text,
    'Check the password: a repeater says nothing to a wrong one',
    ...(clock.state === 'ahead' ? ['The companion\'s clock is ahead, see above: the likely cause'] : []),
    'Check that it is up and in range: does the app show its adverts?',
    'Its path may have changed: the worker resets it after repeated silence; or send an advert from the repeater')
}

function unknownContact (name: string, contacts: Contact[]): Finding {
  const repeaters = contacts.filter(({ type }) => type === 2).map((contact) => contact.name)
  const known = repeaters.length === 0 ? 'It knows no repeater at all' : `It knows ${repeaters.slice(0, namesShown).join(', ')}${repeaters.length > namesShown ? ` and ${repeaters.length - namesShown} more` : ''}`
  return problem(`contact ${name}`, 'the companion does not know it',
    `${known}: is the name spelt as there? "meshmon radio contacts" lists all`,
    'Or name it by its public key: REPEATER_KEY_PREFIX, key_prefix',
    'Else send an advert from the repeater, so that the companion learns it')
}
