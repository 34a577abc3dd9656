/** Puts every <time> into the viewer's zone and words; the full stamp stays in its title. */
const short = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
const withYear = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
/** The names of zones are those of en-GB: en-US says GMT+1 for CET. */
const zone = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' })
const dayOfStamp = new Intl.DateTimeFormat('en-US', { year: 'numeric', month: 'short', day: '2-digit' })
const timeOfStamp = new Intl.DateTimeFormat('en-US', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })

function stamp (at: Date): string {
  const name = zone.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  return `${dayOfStamp.format(at)} at ${timeOfStamp.format(at)} ${name}`
}

function words (at: Date): string {
  return (at.getFullYear() === new Date().getFullYear() ? short : withYear).format(at)
}

function localise (root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLTimeElement>('time[datetime]:not([data-local])')) {
    const at = new Date(element.dateTime)
    if (Number.isNaN(at.getTime())) continue
    element.textContent = element.dataset['stamp'] === undefined ? words(at) : stamp(at)
    element.title = full.format(at)
    element.dataset['local'] = ''
  }
}

localise(document)
document.addEventListener('meshmon:changed', () => localise(document))

export {}
