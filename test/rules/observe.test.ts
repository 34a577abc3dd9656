import t from 'tap'
import pg from 'pg'
import { observe } from '../../src/rules/observe.js'
import type { Rule, Watched } from '../../src/rules/rule.js'
import { begin } from '../../src/rules/state.js'
import { States } from '../../src/rules/states.js'
import { simpleRule } from '../support/simple-rule.js'

const moment = { atMs: 1000, judgedMs: 0, listeningMs: 0 }

t.test('a rule is told which subjects are under way, and of which no more than an end is known', async (t) => {
  const states = new States()
  const state = begin({ type: 'path', src: 'a', dst: 'b' }, moment)
  states.set(simpleRule.name, 'closed', { ...state, afterMs: 500 })
  states.set(simpleRule.name, 'pending', { ...state, phase: 'pending' })
  states.set(simpleRule.name, 'remembers', { ...state, afterMs: 500, memory: { rows: 1 } })
  let told: Watched[] = []
  const rule: Rule = {
    ...simpleRule,
    observe (_slots, watched) {
      told = watched
      return null
    },
  }
  await observe(new pg.Pool(), { rule, settings: { enabled: true, close_after_s: 0, close_rows: 1 } }, [{ atMs: 1000, sinceMs: 0 }], states)
  t.same(Object.fromEntries(told.map(({ subject, isFollowed }) => [subject, isFollowed])), { closed: false, pending: true, remembers: true })
})
