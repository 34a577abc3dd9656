import fc from 'fast-check'
import t from 'tap'
import { createSchedule, type Schedule, type Task } from '../../src/radio/schedule.js'

const stepMs = 900_000
const options = { companionStepMs: 60_000, repeaterStepMs: stepMs, startMs: 0 }
const names = (tasks: Task[]): string[] => tasks.map((task) => task.is === 'companion' ? 'companion' : task.again ? `${task.id} again` : task.id)

/** Does all that falls due until `untilMs`, each task taking `tookMs`, and returns when what began. */
function play (schedule: Schedule, { fromMs = 0, untilMs, tookMs = 20_000, fails = () => false, may = () => true }: {
  fromMs?: number, untilMs: number, tookMs?: number, fails?: (id: string, nowMs: number) => boolean, may?: (id: string, nowMs: number) => boolean
}): { atMs: number, name: string }[] {
  const began: { atMs: number, name: string }[] = []
  for (let nowMs = fromMs; nowMs < untilMs;) {
    const [task] = schedule.due(nowMs)
    if (!task || (task.is === 'repeater' && !may(task.id, nowMs))) {
      nowMs = Math.min(schedule.nextMs(nowMs), nowMs + 5000)
      continue
    }
    schedule.begin(task, nowMs)
    began.push({ atMs: nowMs, name: names([task])[0]! })
    if (task.is === 'repeater' && fails(task.id, nowMs)) schedule.failed(task.id, nowMs)
    nowMs += task.is === 'companion' ? 100 : tookMs
  }
  return began
}

const of = (began: { atMs: number, name: string }[], name: string): number[] => began.filter((one) => one.name === name).map(({ atMs }) => atMs)

t.test('the companion every step, repeaters spread over theirs', async (t) => {
  const schedule = createSchedule({ ...options, repeaters: ['a', 'b', 'c'].map((id) => ({ id, askedMs: null })) })
  t.same(names(schedule.due(0)), ['companion', 'a'])
  t.equal(schedule.nextMs(0), 300_000)
  const began = play(schedule, { untilMs: 2 * stepMs })
  t.same(of(began, 'a'), [100, 900_100])
  t.same(of(began, 'b'), [300_100, 1_200_100])
  t.same(of(began, 'c'), [600_100, 1_500_100])
  t.equal(of(began, 'companion').length, 30)
})

t.test('what missed its steps is done once, in the order of waiting', async (t) => {
  const schedule = createSchedule({ ...options, repeaters: ['a', 'b', 'c'].map((id) => ({ id, askedMs: null })) })
  play(schedule, { untilMs: 2 * stepMs })
  const resumedMs = 10 * stepMs - 60_000
  t.same(names(schedule.due(resumedMs)), ['companion', 'a', 'b', 'c'])
  const began = play(schedule, { fromMs: resumedMs, untilMs: 10 * stepMs + stepMs / 4 })
  t.same(['a', 'b', 'c'].map((id) => of(began, id).length), [1, 1, 1])
  const [again] = of(play(schedule, { fromMs: 10 * stepMs + stepMs / 4, untilMs: 11 * stepMs }), 'a')
  t.equal(again, of(began, 'a')[0]! + stepMs / 2, 'its next step is near, but half a step passes')
})

t.test('a failed round gets one more in its step, and no third', async (t) => {
  const schedule = createSchedule({ ...options, repeaters: [{ id: 'a', askedMs: null }] })
  const began = play(schedule, { untilMs: 2 * stepMs, fails: (_id, nowMs) => nowMs < stepMs })
  t.same(began.filter(({ name }) => name !== 'companion').map(({ atMs, name }) => [Math.floor(atMs / 60_000), name]), [[0, 'a'], [7, 'a again'], [15, 'a']])
})

t.test('who failed keeps the place in the line, for one more round', async (t) => {
  const schedule = createSchedule({ ...options, repeaters: ['a', 'b', 'c'].map((id) => ({ id, askedMs: null })) })
  const round = (id: string, nowMs: number, again = false): void => schedule.begin({ is: 'repeater', id, again }, nowMs)
  const line = (nowMs: number): string[] => names(schedule.due(nowMs)).filter((name) => name !== 'companion')
  round('b', 100_000)
  round('c', 200_000)
  round('a', 300_000)
  schedule.failed('a', 310_000)
  t.same(line(2 * stepMs), ['a', 'b', 'c'], 'before those that were asked earlier')
  round('a', 2 * stepMs)
  schedule.failed('a', 2 * stepMs + 10_000)
  t.same(line(4 * stepMs), ['b', 'c', 'a'], 'a second failure is one round as any other')
  round('b', 4 * stepMs)
  schedule.failed('b', 4 * stepMs + 10_000)
  schedule.answered('b')
  t.same(line(6 * stepMs), ['c', 'a', 'b'], 'as is one whose answer came late')
})

t.test('a late answer makes the second round needless', async (t) => {
  const schedule = createSchedule({ ...options, repeaters: [{ id: 'a', askedMs: null }] })
  schedule.begin({ is: 'companion' }, 0)
  schedule.begin({ is: 'repeater', id: 'a', again: false }, 0)
  schedule.failed('a', 30_000)
  t.match(names(schedule.due(stepMs - 1)), ['companion', 'a again'])
  schedule.answered('a')
  t.same(names(schedule.due(stepMs - 1)), ['companion'])
})

t.test('who was asked shortly before a restart waits half a step', async (t) => {
  const schedule = createSchedule({ ...options, repeaters: [{ id: 'a', askedMs: -60_000 }, { id: 'b', askedMs: null }] })
  t.same(names(schedule.due(stepMs / 2 - 60_001)), ['companion'])
  t.same(names(schedule.due(stepMs / 2 - 60_000)), ['companion', 'a'])
  t.same(names(schedule.due(stepMs / 2)), ['companion', 'b', 'a'])
})

const numbers = fc.record({ count: fc.integer({ min: 2, max: 28 }), everyMs: fc.integer({ min: 20_000, max: 400_000 }), failing: fc.nat(28) })

/** A day in which one round is let through every `everyMs`: how long each repeater waited between its rounds. */
function waitsOfDay ({ count, everyMs, fails }: { count: number, everyMs: number, fails: (id: string) => boolean }): number[][] {
  const repeaters = Array.from({ length: count }, (_, i) => ({ id: `r${i}`, askedMs: null }))
  let freeMs = 0
  const began = play(createSchedule({ ...options, repeaters }), {
    untilMs: 24 * 3_600_000,
    fails,
    may (_id, nowMs) {
      if (nowMs < freeMs) return false
      freeMs = nowMs + everyMs
      return true
    },
  })
  return repeaters.map(({ id }) => {
    const asked = began.filter(({ name }) => name === id || name === `${id} again`).map(({ atMs }) => atMs)
    return asked.slice(1).map((ms, i) => ms - asked[i]!)
  })
}

t.test('however seldom one is let through, repeaters wait alike', async () => {
  fc.assert(fc.property(numbers, ({ count, everyMs }) => {
    const means = waitsOfDay({ count, everyMs, fails: () => false }).map((waits) => waits.reduce((sum, ms) => sum + ms, 0) / waits.length)
    return Math.max(...means) <= 1.2 * Math.min(...means)
  }), { numRuns: 20 })
})

t.test('nobody is asked again at once, nor twice in a step but after a failure', async () => {
  fc.assert(fc.property(numbers, ({ count, everyMs, failing }) => {
    const fails = (id: string): boolean => id === `r${failing}`
    return waitsOfDay({ count, everyMs, fails }).every((waits, i) => waits.every((ms) => ms >= stepMs / (fails(`r${i}`) ? 8 : 2)))
  }), { numRuns: 20 })
})
