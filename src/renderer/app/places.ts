import { Brush, Download, Eye, Images, ListChecks, Gauge } from '@lucide/vue';
import type { Component } from 'vue';
import { strings } from '../strings/index.ts';

export type PlaceId = 'data' | 'look' | 'fix' | 'runs' | 'score' | 'out';

/** The six places in the order of the work; Alt+1 to Alt+6 go there. */
export const PLACES: readonly { readonly id: PlaceId; readonly title: string; readonly hint: string; readonly icon: Component; readonly keys: string }[] = (
  [
    ['data', Images],
    ['look', Eye],
    ['fix', Brush],
    ['runs', ListChecks],
    ['score', Gauge],
    ['out', Download],
  ] as const
).map(([id, icon], at) => ({ id, title: strings.frame.places[id], hint: strings.frame.hints[id], icon, keys: `Alt+${at + 1}` }));
