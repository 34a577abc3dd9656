import { createHmac } from 'node:crypto'
import type { Address, Target } from './target.js'
import { postJson, secretsOf } from './post.js'

/** JSON as in docs/notifications.md, signed where a secret is set. */
export function webhook ({ url, name, deadlineMs }: Address, secret: string | undefined): Target {
  return {
    name,
    async send (message, { nowMs, signal }) {
      const body = JSON.stringify({ ...message, sent_at: new Date(nowMs).toISOString() })
      const headers = { 'idempotency-key': encodeURI(message.key), ...(secret !== undefined && { 'x-meshmon-signature': sign(body, secret) }) }
      return await postJson({ url, headers, body, signal, deadlineMs, nowMs, secrets: secretsOf(url) })
    },
  }
}

/** Over the very bytes of the body. `sent_at` in it tells a repeated one from a new one. */
export function sign (body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}
