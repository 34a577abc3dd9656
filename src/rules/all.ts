import { batteryLow } from './battery-low.js'
import { bottleneckLink } from './bottleneck-link.js'
import { clockSkew } from './clock-skew.js'
import { collectorBlind } from './collector-blind.js'
import { collectorClock } from './collector-clock.js'
import { heard } from './heard.js'
import { jitterBurst } from './jitter-burst.js'
import { linkDown } from './link-down.js'
import { listening } from './listening.js'
import { lossSpike } from './loss-spike.js'
import { nodeOverload } from './node-overload.js'
import { nodeSilent } from './node-silent.js'
import { repeatedCrashes } from './repeated-crashes.js'
import { repeaterUnreachable } from './repeater-unreachable.js'
import { rfQualityDrop } from './rf-quality-drop.js'
import { routeFlapping } from './route-flapping.js'
import type { Rule } from './rule.js'
import { timingUnusable } from './timing-unusable.js'

/** What rules need to know of the past, kept whether they are switched on or not. Judged before all rules. */
export const trackers: readonly Rule[] = [heard, listening]

/** Every rule in judging order: causes first, so that what follows from them finds them. */
export const rules: readonly Rule[] = [
  rfQualityDrop,
  linkDown,
  bottleneckLink,
  nodeSilent,
  nodeOverload,
  jitterBurst,
  lossSpike,
  routeFlapping,
  repeatedCrashes,
  collectorBlind,
  collectorClock,
  clockSkew,
  timingUnusable,
  repeaterUnreachable,
  batteryLow,
]
