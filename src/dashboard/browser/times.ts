/** Puts every <time> into the viewer's zone and words; the full stamp stays in its title. */
const short = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
const withYear = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })

function localise (root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLTimeElement>('time[datetime]:not([data-local])')) {
    const at = new Date(element.dateTime)
    if (Number.isNaN(at.getTime())) continue
    element.textContent = (at.getFullYear() === new Date().getFullYear() ? short : withYear).format(at)
    element.title = full.format(at)
    element.dataset['local'] = ''
  }
}

localise(document)
document.addEventListener('meshmon:changed', () => localise(document))

export {}
