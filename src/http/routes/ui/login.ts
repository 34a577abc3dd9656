import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { drawLogin } from '../../../dashboard/pages/login.js'
import { loginRoute, sameText } from '../../plugins/access.js'
import { signIn } from '../../plugins/session.js'
import { noQuery } from '../../schemas/common.js'
import { readView, sendBack, sendPage, type PageSources } from './view.js'

const Form = Type.Object({ token: Type.String({ maxLength: 1024 }) }, { additionalProperties: false })

/** Takes API_TOKEN once, so that forms work in this browser. */
export const loginRoutes: FastifyPluginAsyncTypebox<PageSources & { token: string | undefined }> = async (app, { token, ...sources }) => {
  app.get(loginRoute, { schema: { querystring: noQuery } }, async (request, reply) => sendPage(reply, drawLogin(await readView(sources, request), { isNeeded: token !== undefined, isWrong: false })))

  app.post(loginRoute, { schema: { body: Form } }, async (request, reply) => {
    if (token === undefined) return sendBack(reply, '/')
    if (!sameText(request.body.token, token)) return sendPage(reply.code(401), drawLogin(await readView(sources, request), { isNeeded: true, isWrong: true }))
    signIn(reply, token)
    return sendBack(reply, '/', 'signed_in')
  })
}
