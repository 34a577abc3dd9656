import type { Message } from './message.js'
import type { Address, Target } from './target.js'
import { postJson, secretsOf } from './post.js'
import { clip, clipBytes } from './text.js'

/** ntfy makes a file of a longer message: 4,096 bytes. */
const longestMessageBytes = 4000
const longestTitle = 250

const priorities = { minor: 3, major: 4, critical: 5 } as const
/** Short names of emoji; ntfy shows those before the title, all other tags below the text. */
const signs = { minor: 'information_source', major: 'warning', critical: 'rotating_light' } as const

/**
 * A topic of an ntfy server: `ntfy://host/topic` by HTTP, `ntfys://` by HTTPS. Published as JSON to the server's root, so that titles
 * need no encoding of headers. https://docs.ntfy.sh/publish/#publish-as-json
 */
export function ntfy ({ url, name, deadlineMs }: Address): Target {
  const topic = decodeURIComponent(url.pathname.slice(1))
  const root = new URL(url.href.replace(/^ntfy(s?):/, 'http$1:'))
  root.pathname = '/'
  return {
    name,
    async send (message, { nowMs, signal }) {
      const body = JSON.stringify(publication(topic, message))
      const headers = { 'idempotency-key': encodeURI(message.key) }
      return await postJson({ url: root, headers, body, signal, deadlineMs, nowMs, secrets: secretsOf(url) })
    },
  }
}

function publication (topic: string, { event, severity, title, text, url, issue }: Message): Record<string, unknown> {
  const isBad = event !== 'closed' && event !== 'test'
  return {
    topic,
    title: clip(title, longestTitle),
    message: clipBytes(text, longestMessageBytes),
    priority: isBad ? priorities[severity] : priorities.minor,
    tags: [event === 'closed' ? 'white_check_mark' : signs[severity], event, ...(issue ? [issue.kind] : [])],
    ...(url !== null && { click: url }),
  }
}
