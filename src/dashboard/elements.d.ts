import 'preact'

/** The element that panel.js defines. */
declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements { 'meshmon-issues': HTMLAttributes }
  }
}
