import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { listEvaluations } from '../queries/evaluations.js'
import { Refused } from '../refused.js'
import type { Replays } from '../replays.js'
import { answers, json, noQuery } from '../schemas/common.js'
import { ReplayRequest, type RulesInForce } from '../schemas/rules.js'
import { parseTime } from '../time.js'

export interface RuleSources {
  db: Pool
  now: () => number
  rules: () => RulesInForce
  replays: Replays
}

const defaultStepS = 10
const longestReplayMs = 31 * 86_400_000

export const ruleRoutes: FastifyPluginAsyncTypebox<RuleSources> = async (app, { db, now, rules, replays }) => {
  app.addHook('preClose', async () => replays.stop())

  app.get('/rules', {
    schema: {
      tags: ['rules'],
      summary: 'The rules with their settings in force and their last evaluations',
      querystring: noQuery,
      response: answers({ 200: json('All rules', Type.Ref('Rules')) }),
    },
  }, async () => {
    const { engine, rules: inForce } = rules()
    const evaluations = await listEvaluations(db, inForce.map(({ name }) => name))
    return { engine: { settings: engine }, rules: inForce.map((rule) => ({ ...rule, evaluations: evaluations.get(rule.name) ?? [] })) }
  })

  app.post('/replay', {
    schema: {
      tags: ['rules'],
      summary: 'What the rules would have raised, with other thresholds for example',
      description: 'Judges stored history without touching what is live. At most 31 days, one at a time; ends when the client hangs up.',
      querystring: noQuery,
      body: ReplayRequest,
      response: answers({ 200: json('What it found', Type.Ref('Replayed')) }, 401, 403, 409, 429),
    },
  }, async ({ body }, reply) => {
    const request = { fromMs: parseTime('from', body.from), toMs: parseTime('to', body.to), stepS: body.step ?? defaultStepS, ...(body.rules && { rules: body.rules }) }
    if (request.toMs <= request.fromMs) throw new Refused(400, 'to: must be after from')
    if (request.toMs - request.fromMs > longestReplayMs) throw new Refused(400, 'to: at most 31 days after from')
    if (request.toMs > now()) throw new Refused(400, 'to: must not be in the future')
    const [found] = await replays.run([request], reply)
    return found
  })
}
