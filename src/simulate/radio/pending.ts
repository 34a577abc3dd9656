import type { RadioFrame } from '../../radio/frames/index.js'

type Question = { is: 'login' | 'status', key: Uint8Array } | { is: 'telemetry' | 'binary', tag: number }

/** RESP_SERVER_LOGIN_OK. */
const loginOk = 0

/**
 * What the companion waits for: one question, the last. It knows answers to a login and to the old status request by the sender's
 * key alone, whatever they are, so that it may give a wrong name to an answer (companion_radio/MyMesh.cpp, onContactResponse).
 */
export class Pending {
  #question: Question | null = null

  ask (question: Question): void {
    this.#question = question
  }

  clear (): void {
    this.#question = null
  }

  /** What the app is told of an answer: null where nobody waits for it. `data` is the tag, or a repeater's clock, and the body. */
  take (key: Uint8Array, data: Uint8Array): RadioFrame | null {
    const question = this.#question
    const frame = question && frameFor(question, key, data)
    if (frame !== null) this.#question = null
    return frame
  }
}

function frameFor (question: Question, key: Uint8Array, data: Uint8Array): RadioFrame | null {
  const prefix = key.slice(0, 6)
  const tag = Buffer.from(data).readUInt32LE(0)
  const body = data.slice(4)
  switch (question.is) {
    case 'login': return hasPrefix(key, question.key) ? loginFrame(prefix, tag, body) : null
    case 'status': return hasPrefix(key, question.key) ? { is: 'status', prefix, body } : null
    case 'telemetry': return question.tag === tag ? { is: 'telemetry', prefix, body } : null
    case 'binary': return question.tag === tag ? { is: 'binary', tag, body } : null
  }
}

/** Four bytes are compared. */
function hasPrefix (key: Uint8Array, other: Uint8Array): boolean {
  return key.slice(0, 4).every((byte, i) => byte === other[i])
}

function loginFrame (prefix: Uint8Array, clockS: number, body: Uint8Array): RadioFrame {
  const [code, , adminFlag, permissions] = body
  if (Buffer.from(body.slice(0, 2)).toString('latin1') === 'OK') return { is: 'login_success', isAdmin: false, prefix }
  if (code !== loginOk) return { is: 'login_fail', prefix }
  return { is: 'login_success', isAdmin: adminFlag !== 0, prefix, clockS, permissions: permissions ?? 0, firmwareLevel: body[8] ?? 0 }
}
