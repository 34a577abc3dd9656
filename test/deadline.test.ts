import { once, EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { withDeadline } from '../src/deadline.js'

const never = new AbortController().signal
const untilAborted = async (signal: AbortSignal) => await once(new EventEmitter(), 'never', { signal })

t.test('what is done in time is what comes of it', async (t) => {
  t.equal(await withDeadline({ ms: 60_000, signal: never }, async () => 'done'), 'done')
  await t.rejects(withDeadline({ ms: 60_000, signal: never }, async () => { throw new Error('its own') }), { message: 'its own' })
})

t.test('what lasts longer is told to stop, and rejects with the reason', async (t) => {
  await t.rejects(withDeadline({ ms: 20, signal: never }, untilAborted), { message: 'no answer within 0.02 s' })
  await t.rejects(withDeadline({ ms: 20, signal: never, reason: new Error('too late') }, untilAborted), { message: 'too late' })
})

t.test('a caller that stops ends it first, and is not told of a deadline', async (t) => {
  const stopping = new AbortController()
  const work = withDeadline({ ms: 60_000, signal: stopping.signal }, untilAborted)
  stopping.abort(new Error('stopping'))
  await t.rejects(work, { name: 'AbortError' })
})

t.test('the deadline comes also where memory is collected before it', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const work = withDeadline({ ms: 200, signal: never }, untilAborted)
  for (let turns = 0; turns < 5; turns++) {
    await turn()
    collect()
  }
  await t.rejects(work, { message: 'no answer within 0.2 s' })
})
