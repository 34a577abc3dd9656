import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { drawMaintenance } from '../../../dashboard/pages/maintenance.js'
import { readAnnouncement } from '../../announcement.js'
import { announce, callOff, listMaintenance } from '../../queries/maintenance.js'
import { notFound } from '../../refused.js'
import { longestSubject, Note, Person, query } from '../../schemas/common.js'
import { Notice, readView, sendBack, sendPage, type PageSources } from './view.js'

const mostShown = 1000
const Form = Type.Object({
  subject: Type.String({ minLength: 1, maxLength: longestSubject }),
  from: Type.Optional(Type.String({ pattern: '^(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d)?$' })),
  hours: Type.Integer({ minimum: 1, maximum: 24 * 366 }),
  by: Person,
  note: Type.Optional(Note),
}, { additionalProperties: false })

export const maintenancePageRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, sources) => {
  const { db, now, href } = sources

  app.get('/ui/maintenance', { schema: { querystring: query({ notice: Notice }) } }, async (request, reply) => {
    const { rows } = await listMaintenance(db, { all: false, limit: mostShown }, now())
    return sendPage(reply, drawMaintenance(await readView(sources, request), { works: rows }))
  })

  app.post('/ui/maintenance', { schema: { body: Form } }, async ({ body: { subject, from, hours, by, note } }, reply) => {
    const fromMs = from ? Date.parse(`${from}:00Z`) : now()
    const what = /[*?]/.test(subject) ? { pattern: subject } : { subject }
    const span = { from: new Date(fromMs).toISOString(), until: new Date(fromMs + hours * 3_600_000).toISOString() }
    await announce(db, readAnnouncement({ ...what, ...span, by, ...(note && { reason: note }) }, now()), now())
    return sendBack(reply, href({ to: 'maintenance' }), 'announced')
  })

  app.post('/ui/maintenance/:id/end', { schema: { params: Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }) } }, async (request, reply) => {
    if (!await callOff(db, request.params.id)) throw notFound()
    return sendBack(reply, href({ to: 'maintenance' }), 'ended')
  })
}
