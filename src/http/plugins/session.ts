import { createHmac } from 'node:crypto'
import type { FastifyReply } from 'fastify'

export const sessionCookie = 'meshmon_session'
const sessionS = 30 * 86_400

/** What a browser shows instead of the token: made from it, so that a new token ends every session, and the token itself stays with the operator. */
export function sessionOf (token: string): string {
  return createHmac('sha256', token).update('meshmon session').digest('base64url')
}

/** Signs a browser in. Marked Secure where it came by TLS, as a proxy says that is trusted; most meshes have none. */
export function signIn (reply: FastifyReply, token: string): void {
  reply.setCookie(sessionCookie, sessionOf(token), { path: '/', httpOnly: true, sameSite: 'strict', secure: reply.request.protocol === 'https', maxAge: sessionS })
}
