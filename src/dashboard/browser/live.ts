/**
 * Keeps a page as the collector has it: after an event what is marked data-live is read again and replaced. A part in which somebody
 * types or has opened something stays as it is until that is done.
 */
const settleMs = 500
const parts = ['#health', '[data-live]']

let timer: ReturnType<typeof setTimeout> | undefined
let isReading = false
let isStale = false

const state = document.getElementById('live')

function tell (name: 'on' | 'off', text: string): void {
  if (state === null) return
  state.dataset['liveState'] = name
  state.textContent = text
}

function isInUse (part: Element): boolean {
  const { activeElement } = document
  return activeElement instanceof HTMLElement && part.contains(activeElement) && activeElement.matches('input, textarea, select')
}

function keepOpened (from: Element, to: Element): void {
  for (const opened of from.querySelectorAll<HTMLDetailsElement>('[id] details[open]')) {
    const id = opened.closest('[id]')?.id
    const same = id === undefined ? null : to.querySelector<HTMLDetailsElement>(`#${CSS.escape(id)} details`)
    if (same !== null) same.open = true
  }
}

/** The element in `to` that has the focus in `from`: found by its address or its id. */
function refocus (key: string | null): void {
  if (key !== null) document.querySelector<HTMLElement>(key)?.focus({ preventScroll: true })
}

function focusKey (): string | null {
  const element = document.activeElement
  if (element === null || element === document.body) return null
  if (element.id !== '') return `#${CSS.escape(element.id)}`
  const address = element.getAttribute('href')
  return address === null ? null : `a[href="${CSS.escape(address)}"]`
}

async function refresh (): Promise<void> {
  if (isReading) { isStale = true; return }
  isReading = true
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } })
    if (!answer.ok) return
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const key = focusKey()
    for (const selector of parts) {
      const [olds, news] = [document.querySelectorAll(selector), fresh.querySelectorAll(selector)]
      olds.forEach((old, i) => {
        const next = news[i]
        if (next === undefined || isInUse(old)) return
        keepOpened(old, next)
        old.replaceWith(document.adoptNode(next))
      })
    }
    refocus(key)
    document.dispatchEvent(new Event('meshmon:changed'))
  } catch {
    // The collector is away: the stream tells when it is back.
  } finally {
    isReading = false
    if (isStale) { isStale = false; plan() }
  }
}

function plan (): void {
  clearTimeout(timer)
  timer = setTimeout(() => { refresh().catch(() => {}) }, settleMs)
}

let begun = false
const stream = new EventSource('/events')
stream.addEventListener('open', () => {
  tell('on', 'Live')
  if (begun) plan()
  begun = true
})
stream.addEventListener('error', () => tell('off', 'Not live: the collector does not answer'))
for (const name of ['issue.opened', 'issue.updated', 'issue.closed', 'reset']) stream.addEventListener(name, plan)

let lastHealth: string | undefined
stream.addEventListener('health', (event) => {
  const { data } = event as MessageEvent<string>
  if (lastHealth !== undefined && lastHealth !== data) plan()
  lastHealth = data
})

export {}
