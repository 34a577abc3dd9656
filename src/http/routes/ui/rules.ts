import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { drawPreview } from '../../../dashboard/pages/preview.js'
import { drawRules } from '../../../dashboard/pages/rules.js'
import { comparePreview, planPreview, readRules } from '../../documents/rules.js'
import { notFound } from '../../refused.js'
import { noQuery, oneOf } from '../../schemas/common.js'
import { readView, sendPage, type PageSources } from './view.js'

const name = Type.Object({ name: Type.String({ maxLength: 64 }) })
const Form = Type.Intersect([Type.Object({ hours: oneOf(['6', '24']) }), Type.Record(Type.String(), Type.String({ maxLength: 32 }))])

export const rulePageRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, sources) => {
  const { db, now, rules, replays } = sources

  app.get('/ui/rules', { schema: { querystring: noQuery } }, async (request, reply) => {
    return sendPage(reply, drawRules(await readView(sources, request), await readRules(db, rules())))
  })

  app.post('/ui/rules/:name/preview', { schema: { params: name, body: Form } }, async ({ params, body }, reply) => {
    const rule = rules().rules.find((one) => one.name === params.name)
    if (rule === undefined) throw notFound()
    const preview = planPreview(rule, body, { hours: Number(body.hours), nowMs: now() })
    const replayed = await replays.run(preview.requests, reply)
    return sendPage(reply, drawPreview(await readView(sources, reply.request), comparePreview(preview, replayed)))
  })
}
