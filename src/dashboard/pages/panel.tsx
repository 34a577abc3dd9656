import { renderToString } from 'preact-render-to-string'
import type { View } from '../page.js'
import { issuesPageTexts } from '../texts/issues.js'

/** A page for an iframe: the panel alone, which its script fills; without scripts a link to the list. */
export function drawPanel ({ href }: Pick<View, 'href'>): string {
  return `<!doctype html>${renderToString(
    <html lang='en'>
      <head>
        <meta charset='utf-8' />
        <meta name='viewport' content='width=device-width, initial-scale=1' />
        <title>meshmon</title>
        <link rel='stylesheet' href={href({ to: 'asset', name: 'style.css' })} />
        <script type='module' src={href({ to: 'panel-script' })} />
      </head>
      <body>
        <main>
          <meshmon-issues />
          <noscript><a href={href({ to: 'issues' })} target='_blank' rel='noreferrer'>{issuesPageTexts.title}</a></noscript>
        </main>
      </body>
    </html>
  )}`
}
